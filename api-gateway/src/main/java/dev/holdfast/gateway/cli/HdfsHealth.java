package dev.holdfast.gateway.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;

/**
 * Asks HDFS whether it can serve: its NameNode answers and is not in safe mode, and its DataNodes
 * have room. It keeps a client of its own, so that what hangs here hangs nowhere else.
 */
final class HdfsHealth implements AutoCloseable {
    private static final Path ROOT = new Path("/");

    private final DistributedFileSystem hdfs;

    private HdfsHealth(DistributedFileSystem hdfs) {
        this.hdfs = hdfs;
    }

    /** Over an HDFS that the chunk store has opened before: it is known to be one. */
    static HdfsHealth of(URI uri, Configuration configuration) {
        try {
            FileSystem opened = FileSystem.newInstance(uri, configuration);
            if (opened instanceof DistributedFileSystem hdfs) {
                return new HdfsHealth(hdfs);
            }
            opened.close();
            throw new IllegalStateException(uri + " is not HDFS");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean answers() {
        try {
            hdfs.getFileStatus(ROOT);
            return !hdfs.isInSafeMode() && hdfs.getStatus().getRemaining() > 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws IOException {
        hdfs.close();
    }
}
