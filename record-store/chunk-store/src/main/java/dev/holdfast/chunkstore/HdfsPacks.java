package dev.holdfast.chunkstore;

import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.model.PackId;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.protocol.ClientProtocol;

/** {@link Packs} on HDFS, over a connection of its own. */
public final class HdfsPacks implements Packs, PackListing {
    private final DistributedFileSystem hdfs;
    private final HdfsPackFiles files;
    private final ChunkStoreConfig config;

    private HdfsPacks(DistributedFileSystem hdfs, ChunkStoreConfig config) {
        this.hdfs = hdfs;
        this.files = new HdfsPackFiles(hdfs, config);
        this.config = config;
    }

    /**
     * Connects; parameters as for {@link ChunkStore#open}, which has asked this HDFS already
     * whether it will do.
     *
     * @throws StorageUnsuitableException when the address is not HDFS's
     * @throws StorageUnavailableException when it does not answer
     */
    public static HdfsPacks open(URI uri, Configuration configuration, ChunkStoreConfig config) {
        return new HdfsPacks(HdfsConnection.open(uri, configuration, config), config);
    }

    @Override
    public List<Entry> entries(PackId pack) throws IOException {
        PackFiles.Input input = files.open(pack);
        try {
            if (input.length() < PackFormat.FILE_HEADER_BYTES) {
                // Its writer died before the first sync.
                return List.of();
            }
            return PackScanner.read(pack, input).records().stream().map(HdfsPacks::entry).toList();
        } finally {
            input.close();
        }
    }

    static Entry entry(RecordHeader record) {
        return new Entry(
                record.hash(),
                record.offset(),
                record.plainLength(),
                record.storedLength(),
                record.codec());
    }

    @Override
    public Copy begin(PackWriterLease pack) throws IOException {
        return new PackCopy(files, pack, config);
    }

    @Override
    public void list(int firstByte, Consumer<PackFile> each) throws IOException {
        files.list(firstByte, each);
    }

    @Override
    public boolean freeing() throws IOException {
        long[] stats = hdfs.getClient().getNamenode().getStats();
        int pending = ClientProtocol.GET_STATS_PENDING_DELETION_BLOCKS_IDX;
        return stats.length > pending && stats[pending] > 0;
    }

    @Override
    public boolean delete(PackId pack) throws IOException {
        return hdfs.delete(files.path(pack), false);
    }

    @Override
    public void close() {
        HdfsConnection.closeQuietly(hdfs);
    }
}
