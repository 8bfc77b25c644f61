package dev.holdfast.chunkstore;

import java.io.IOException;
import java.net.URI;
import java.net.UnknownHostException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Connections to an HDFS by its address and its operator's configuration. */
final class HdfsConnection {
    private static final Logger log = LoggerFactory.getLogger(HdfsConnection.class);

    private HdfsConnection() {}

    /**
     * Signs in and connects; the connection is the caller's own.
     *
     * @throws StorageUnsuitableException when the address is not HDFS's, or nobody can sign in
     * @throws StorageUnavailableException when it does not answer
     */
    static DistributedFileSystem open(URI uri, Configuration site, ChunkStoreConfig config) {
        HdfsSite.signIn(site);
        FileSystem opened;
        try {
            opened = FileSystem.newInstance(uri, HdfsClientSettings.apply(site, config));
        } catch (IOException e) {
            throw new StorageUnavailableException(
                    "HDFS at " + uri + " cannot be reached: " + e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            if (e.getCause() instanceof UnknownHostException) {
                throw new StorageUnsuitableException(
                        uri.getHost()
                                + " is neither a host nor a name service of the configuration:"
                                + " correct the address, or name the directory of the cluster's"
                                + " site files in "
                                + HdfsSite.CONF_VARIABLE,
                        e);
            }
            throw new StorageUnsuitableException(uri + " cannot be used: " + e.getMessage(), e);
        }
        if (opened instanceof DistributedFileSystem hdfs) {
            return hdfs;
        }
        closeQuietly(opened);
        throw new StorageUnsuitableException(uri + " is not HDFS: give an hdfs:// address", null);
    }

    static void closeQuietly(FileSystem fileSystem) {
        try {
            fileSystem.close();
        } catch (IOException e) {
            log.debug("a file system did not close", e);
        }
    }
}
