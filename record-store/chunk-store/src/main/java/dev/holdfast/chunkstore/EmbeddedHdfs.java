package dev.holdfast.chunkstore;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.protocol.HdfsConstants;
import org.apache.hadoop.hdfs.server.datanode.DataNode;
import org.apache.hadoop.hdfs.server.namenode.NameNode;
import org.apache.hadoop.metrics2.lib.DefaultMetricsSystem;
import org.apache.hadoop.util.ExitUtil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A NameNode and DataNodes in this process, durable under one directory and reachable over the
 * loopback interface only. It is HDFS itself, so a client of it is a client of any cluster.
 *
 * <p>The directory holds {@code name} (the namespace), {@code data-0}, {@code data-1} and so on
 * (one for each DataNode) and {@code tmp}. Nothing is written elsewhere.
 */
public final class EmbeddedHdfs implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(EmbeddedHdfs.class);
    private static final Duration READY_WAIT_MAX = Duration.ofSeconds(60);
    private static final Duration REPORTS_WAIT_MAX = Duration.ofSeconds(20);
    private static final long POLL_MILLIS = 10;
    private static final long WATCH_MILLIS = 500;

    private final EmbeddedHdfsLayout layout;
    private final Configuration configuration;
    private final Consumer<Throwable> onFatal;
    private final List<DataNode> dataNodes = new ArrayList<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final AtomicBoolean fatal = new AtomicBoolean();
    private @Nullable NameNode nameNode;
    private URI uri = URI.create("hdfs://127.0.0.1");

    private EmbeddedHdfs(
            EmbeddedHdfsLayout layout, Configuration configuration, Consumer<Throwable> onFatal) {
        this.layout = layout;
        this.configuration = configuration;
        this.onFatal = onFatal;
    }

    /** As the other {@code start}, for callers that need not know of a fatal error. */
    public static EmbeddedHdfs start(Path dataDirectory, int dataNodes, int replication)
            throws IOException {
        return start(
                dataDirectory,
                dataNodes,
                replication,
                failure -> log.error("the HDFS in this process has stopped", failure));
    }

    /**
     * Starts, formatting the directory only when it is new, and returns when HDFS takes writes.
     *
     * @param onFatal told once, on another thread, when a NameNode or DataNode has stopped by
     *     itself; the process should end then, for nothing works any more
     * @throws IOException when the directory cannot be used; the message says why
     */
    public static EmbeddedHdfs start(
            Path dataDirectory, int dataNodes, int replication, Consumer<Throwable> onFatal)
            throws IOException {
        if (dataNodes < 1 || replication < 1 || replication > dataNodes) {
            throw new IllegalArgumentException(
                    "replication is at least 1 and at most the number of DataNodes");
        }
        EmbeddedHdfsLayout layout = new EmbeddedHdfsLayout(dataDirectory.toAbsolutePath());
        layout.prepare(dataNodes);
        // Without this a failing NameNode would end the process before anyone can say why.
        ExitUtil.disableSystemExit();
        ExitUtil.disableSystemHalt();
        ExitUtil.resetFirstExitException();
        // Several DataNodes in a process need metrics sources of the same name.
        DefaultMetricsSystem.setMiniClusterMode(true);
        EmbeddedHdfs hdfs =
                new EmbeddedHdfs(layout, EmbeddedHdfsSettings.server(layout, replication), onFatal);
        try {
            hdfs.startNodes(dataNodes);
            hdfs.awaitReady();
        } catch (IOException | RuntimeException e) {
            hdfs.close();
            throw layout.explain(e);
        }
        Thread.ofPlatform().daemon().name("hdfs-watch").start(hdfs::watch);
        return hdfs;
    }

    /** Where the NameNode listens: {@code hdfs://127.0.0.1:port}. */
    public URI uri() {
        return uri;
    }

    /** What a client of this HDFS is configured with; a copy. */
    public Configuration configuration() {
        return new Configuration(configuration);
    }

    /** The directory that DataNode {@code index} keeps its blocks in. */
    public Path blockDirectory(int index) {
        return layout.data(index);
    }

    /** Stops DataNode {@code index} and tells no one; for operators' drills and for tests. */
    public void stopDataNode(int index) {
        DataNode node;
        synchronized (this) {
            node = dataNodes.remove(index);
        }
        node.shutdown();
    }

    private void startNodes(int count) throws IOException {
        if (layout.isNew()) {
            layout.format(configuration);
        }
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        Thread.currentThread().setContextClassLoader(new NoWebHdfsClassLoader(before));
        try {
            NameNode started = new NameNode(configuration);
            nameNode = started;
            uri = URI.create("hdfs://127.0.0.1:" + started.getNameNodeAddress().getPort());
            configuration.set("fs.defaultFS", uri.toString());
            configuration.set("dfs.namenode.rpc-address", uri.getAuthority());
            for (int index = 0; index < count; index++) {
                Configuration own = new Configuration(configuration);
                own.set("dfs.datanode.data.dir", layout.data(index).toUri().toString());
                DataNode node = DataNode.createDataNode(new String[0], own);
                if (node == null) {
                    throw new IOException("DataNode " + index + " did not start");
                }
                dataNodes.add(node);
            }
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    private void awaitReady() throws IOException {
        NameNode names = started();
        await(
                () -> dataNodes.stream().allMatch(DataNode::isDatanodeFullyStarted),
                READY_WAIT_MAX,
                "the DataNodes did not register with the NameNode");
        // A DataNode that has not said how much room it has gets no blocks.
        await(
                () -> names.getNamesystem().getCapacityTotal() > 0,
                READY_WAIT_MAX,
                "no DataNode offered any room");
        if (!poll(() -> !names.isInSafeMode(), REPORTS_WAIT_MAX)) {
            // Blocks are missing. Serving what is there, and an error for each chunk that is not,
            // beats serving nothing; nothing is deleted because of it.
            log.warn("HDFS misses blocks and starts without them: {}", safeModeTip(names));
            names.getRpcServer()
                    .setSafeMode(HdfsConstants.SafeModeAction.SAFEMODE_FORCE_EXIT, false);
        }
        await(() -> !names.isInSafeMode(), READY_WAIT_MAX, "the NameNode stays in safe mode");
    }

    private static String safeModeTip(NameNode names) {
        return names.getNamesystem().getSafemode().replace('\n', ' ');
    }

    private NameNode started() {
        NameNode names = nameNode;
        if (names == null) {
            throw new IllegalStateException("the NameNode was not started");
        }
        return names;
    }

    private static void await(BooleanSupplier condition, Duration limit, String otherwise)
            throws IOException {
        if (!poll(condition, limit)) {
            throw new IOException(otherwise + " within " + limit.toSeconds() + " s");
        }
    }

    private static boolean poll(BooleanSupplier condition, Duration limit) throws IOException {
        long deadline = System.nanoTime() + limit.toNanos();
        try {
            while (!condition.getAsBoolean()) {
                ExitUtil.ExitException exit = ExitUtil.getFirstExitException();
                if (exit != null) {
                    throw new IOException("HDFS stopped while it started", exit);
                }
                if (System.nanoTime() - deadline > 0) {
                    return false;
                }
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while HDFS started", e);
        }
    }

    private void watch() {
        try {
            while (!closing.await(WATCH_MILLIS, TimeUnit.MILLISECONDS)) {
                leaveSafeModeWhenThereIsRoom();
                Throwable failure = failure();
                if (failure != null && fatal.compareAndSet(false, true)) {
                    onFatal.accept(failure);
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * A NameNode whose disk is nearly full goes into safe mode and stays there until an operator
     * comes. Here the operator's part, making room, is enough.
     */
    private void leaveSafeModeWhenThereIsRoom() {
        NameNode names = started();
        try {
            if (names.isInSafeMode()
                    && safeModeTip(names).contains("Resources are low")
                    && layout.freeBytes() > EmbeddedHdfsSettings.NAME_ROOM_BYTES) {
                names.getRpcServer()
                        .setSafeMode(HdfsConstants.SafeModeAction.SAFEMODE_LEAVE, false);
                log.info("there is room again: HDFS takes writes");
            }
        } catch (IOException | RuntimeException e) {
            log.debug("safe mode could not be looked at", e);
        }
    }

    private synchronized @Nullable Throwable failure() {
        ExitUtil.ExitException exit = ExitUtil.getFirstExitException();
        if (exit != null) {
            return exit;
        }
        if (closing.getCount() > 0 && !started().isActiveState()) {
            return new IOException("the NameNode is not active any more");
        }
        for (DataNode node : dataNodes) {
            if (!node.isDatanodeUp()) {
                return new IOException("a DataNode has stopped: " + node.getDisplayName());
            }
        }
        return null;
    }

    @Override
    public void close() {
        closing.countDown();
        List<DataNode> nodes;
        synchronized (this) {
            nodes = List.copyOf(dataNodes);
            dataNodes.clear();
        }
        for (DataNode node : nodes) {
            node.shutdown();
        }
        NameNode names = nameNode;
        if (names != null) {
            names.stop();
            names.join();
        }
    }

    /**
     * Hides WebHDFS from the NameNode's web server: finding its resources takes seconds, because
     * the whole jar is searched, and nothing needs a second way into the data.
     */
    private static final class NoWebHdfsClassLoader extends ClassLoader {
        NoWebHdfsClassLoader(@Nullable ClassLoader parent) {
            super(parent);
        }

        @Override
        public java.util.Enumeration<java.net.URL> getResources(String name) throws IOException {
            return name.endsWith("web/resources")
                    ? java.util.Collections.emptyEnumeration()
                    : super.getResources(name);
        }
    }
}
