package dev.holdfast.chunkstore;

import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;

/** The HDFS of the process. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class EmbeddedPackFilesTest extends PackFilesContract {
    private final HdfsPackFiles files;

    EmbeddedPackFilesTest() {
        ChunkStoreConfig config = SharedHdfs.config();
        EmbeddedHdfs hdfs = SharedHdfs.get();
        DistributedFileSystem connection =
                HdfsConnection.open(hdfs.uri(), hdfs.configuration(), config);
        files = new HdfsPackFiles(connection, config);
    }

    @Override
    PackFiles files() {
        return files;
    }

    @AfterAll
    void close() throws Exception {
        files.close();
    }
}
