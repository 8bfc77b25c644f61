package dev.holdfast.chunkstore;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.StorageType;
import org.apache.hadoop.hdfs.BlockReader;
import org.apache.hadoop.hdfs.DFSClient;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.client.impl.BlockReaderFactory;
import org.apache.hadoop.hdfs.protocol.DatanodeInfo;
import org.apache.hadoop.hdfs.protocol.LocatedBlock;
import org.apache.hadoop.hdfs.server.datanode.CachingStrategy;
import org.apache.hadoop.net.NetUtils;

/**
 * One copy of a pack's block, on the one DataNode named. HDFS reads whichever copy is nearest and
 * takes bytes for good when their checksum file agrees; only our own digest can tell that they are
 * not, and then the other copies have to be asked one by one.
 */
final class HdfsReplica implements PackFiles.Input {
    private final DFSClient client;
    private final Configuration configuration;
    private final String path;
    private final LocatedBlock block;
    private final DatanodeInfo node;
    private final StorageType storage;

    private HdfsReplica(
            DistributedFileSystem hdfs,
            String path,
            LocatedBlock block,
            DatanodeInfo node,
            StorageType storage) {
        this.client = hdfs.getClient();
        this.configuration = hdfs.getConf();
        this.path = path;
        this.block = block;
        this.node = node;
        this.storage = storage;
    }

    /** See {@link PackFiles#replicas}. */
    static List<PackFiles.Input> of(
            DistributedFileSystem hdfs, Path path, Consumer<IOException> onBad) throws IOException {
        FileStatus status = hdfs.getFileStatus(path);
        if (status.isEncrypted()) {
            // The copies hold what the zone encrypted; only the ordinary stream can decrypt it.
            return List.of();
        }
        List<LocatedBlock> blocks =
                hdfs.getClient()
                        .getLocatedBlocks(path.toUri().getPath(), 0, Long.MAX_VALUE)
                        .getLocatedBlocks();
        List<PackFiles.Input> replicas = new ArrayList<>();
        if (blocks.isEmpty()) {
            return replicas;
        }
        LocatedBlock block = blocks.getFirst();
        if (block.getLocations().length == 0) {
            onBad.accept(new IOException("no DataNode that is up holds " + path));
        }
        for (int index = 0; index < block.getLocations().length; index++) {
            if (block.isCorrupt()) {
                onBad.accept(
                        new ChecksumException(
                                "HDFS found the copy on "
                                        + block.getLocations()[index].getXferAddr()
                                        + " bad",
                                0));
            } else {
                replicas.add(
                        new HdfsReplica(
                                hdfs,
                                path.toUri().getPath(),
                                block,
                                block.getLocations()[index],
                                block.getStorageTypes()[index]));
            }
        }
        return replicas;
    }

    @Override
    public long length() {
        return block.getBlockSize();
    }

    @Override
    public void read(long position, byte[] to, int from, int length) throws IOException {
        BlockReader reader =
                new BlockReaderFactory(client.getConf())
                        .setFileName(path)
                        .setBlock(block.getBlock())
                        .setBlockToken(block.getBlockToken())
                        .setStartOffset(position)
                        .setLength(length)
                        .setVerifyChecksum(true)
                        .setClientName(client.getClientName())
                        .setDatanodeInfo(node)
                        .setStorageType(storage)
                        .setInetSocketAddress(NetUtils.createSocketAddr(node.getXferAddr()))
                        .setCachingStrategy(CachingStrategy.newDefaultStrategy())
                        .setClientCacheContext(client.getClientContext())
                        .setConfiguration(configuration)
                        .setRemotePeerFactory(client)
                        .setAllowShortCircuitLocalReads(false)
                        .build();
        try {
            reader.readFully(to, from, length);
        } finally {
            reader.close();
        }
    }

    @Override
    public void close() {
        // A reader lives for one read only.
    }
}
