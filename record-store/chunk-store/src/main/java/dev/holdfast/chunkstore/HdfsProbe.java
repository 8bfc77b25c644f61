package dev.holdfast.chunkstore;

import java.io.IOException;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.StreamCapabilities;
import org.apache.hadoop.fs.permission.FsAction;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.client.HdfsDataOutputStream;
import org.apache.hadoop.hdfs.protocol.QuotaExceededException;
import org.apache.hadoop.hdfs.server.namenode.SafeModeException;
import org.apache.hadoop.ipc.RemoteException;
import org.apache.hadoop.security.AccessControlException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks an HDFS, before anything is stored in it, whether it can do what the store relies on. */
final class HdfsProbe {
    private static final Logger log = LoggerFactory.getLogger(HdfsProbe.class);

    private final DistributedFileSystem hdfs;
    private final HdfsPackFiles files;
    private final ChunkStoreConfig config;

    HdfsProbe(DistributedFileSystem hdfs, HdfsPackFiles files, ChunkStoreConfig config) {
        this.hdfs = hdfs;
        this.files = files;
        this.config = config;
    }

    /**
     * Writes a file the way packs are written, and removes it.
     *
     * @throws StorageUnsuitableException when a setting is in the way; the message names it
     * @throws StorageFullException when there is no room for the packs that are open at once
     * @throws StorageUnavailableException when HDFS does not answer, or too few DataNodes are up
     */
    void check(String name) {
        Path probe = new Path(config.root(), "probe-" + name);
        try {
            makeDirectory();
            checkRoom();
            HdfsDataOutputStream out = files.createFile(probe);
            try {
                write(out);
            } finally {
                closeQuietly(out);
                hdfs.delete(probe, false);
            }
        } catch (IOException e) {
            throw explain(e);
        }
    }

    /** Chunks are nobody else's business: a directory made here is this user's alone. */
    private void makeDirectory() throws IOException {
        Path packs = new Path(config.root(), "packs");
        if (!hdfs.exists(packs)) {
            hdfs.mkdirs(packs, new FsPermission(FsAction.ALL, FsAction.NONE, FsAction.NONE));
        }
        if (!hdfs.getFileStatus(packs).isDirectory()) {
            throw new StorageUnsuitableException(packs + " is a file: move it away", null);
        }
    }

    private void write(HdfsDataOutputStream out) throws IOException {
        checkSyncs(out);
        out.write(new byte[PackFormat.ALIGNMENT]);
        out.hsync();
        int replicas = out.getCurrentBlockReplication();
        if (replicas < config.replicationMin()) {
            throw new StorageUnavailableException(
                    "only "
                            + replicas
                            + " DataNodes take a copy, and the configuration asks for "
                            + config.replicationMin()
                            + " before a chunk is acknowledged: start more DataNodes, or ask for"
                            + " fewer copies (--replication)",
                    null);
        }
    }

    /** A stream that failed throws the same exception again when it is closed. */
    private static void closeQuietly(HdfsDataOutputStream out) {
        try {
            out.close();
        } catch (IOException e) {
            log.debug("the probe did not close", e);
        }
    }

    private static void checkSyncs(FSDataOutputStream out) {
        if (!out.hasCapability(StreamCapabilities.HSYNC)) {
            throw new StorageUnsuitableException(
                    "files here cannot be synced (an erasure coding policy, or not HDFS): use a"
                            + " directory with plain replication",
                    null);
        }
    }

    private void checkRoom() throws IOException {
        long remaining = hdfs.getStatus().getRemaining();
        long needed = config.blockBytes() * config.openPacks() * config.replicationMin();
        if (remaining < needed) {
            throw new StorageFullException(
                    "HDFS has "
                            + (remaining >> 20)
                            + " MiB left, and the packs open at once need "
                            + (needed >> 20)
                            + " MiB: free some space",
                    null);
        }
    }

    /** A NameNode may send its whole stack trace as the message. */
    private static String firstLine(Throwable failure) {
        return String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
    }

    private ChunkStoreException explain(IOException failure) {
        IOException cause =
                failure instanceof RemoteException remote
                        ? remote.unwrapRemoteException()
                        : failure;
        String said = firstLine(cause);
        if (cause instanceof AccessControlException) {
            return new StorageUnsuitableException(
                    "HDFS does not let this user write under "
                            + config.root()
                            + ": make the directory and give it to this user (hdfs dfs -mkdir,"
                            + " hdfs dfs -chown), or set HADOOP_USER_NAME where there is no"
                            + " Kerberos: "
                            + said,
                    cause);
        }
        if (cause instanceof QuotaExceededException) {
            return new StorageFullException(
                    "a quota on " + config.root() + " leaves no room for a pack: " + said, cause);
        }
        if (cause instanceof SafeModeException || said.contains("safe mode")) {
            return new StorageUnavailableException(
                    "the NameNode is in safe mode: it takes writes when enough DataNodes have"
                            + " reported, or when an operator ends it: "
                            + said,
                    cause);
        }
        if (said.contains("block size")) {
            return new StorageUnsuitableException(
                    "HDFS refuses the block size of "
                            + config.blockBytes()
                            + " bytes (dfs.namenode.fs-limits.min-block-size): "
                            + said,
                    cause);
        }
        if (said.contains("eplication") && (said.contains("maximum") || said.contains("minimum"))) {
            return new StorageUnsuitableException(
                    "HDFS refuses " + config.replication() + " copies: " + said, cause);
        }
        return new StorageUnavailableException("HDFS cannot be used now: " + said, cause);
    }
}
