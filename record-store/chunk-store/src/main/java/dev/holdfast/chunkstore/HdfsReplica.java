package dev.holdfast.chunkstore;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
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
import org.apache.hadoop.hdfs.protocol.HdfsConstants;
import org.apache.hadoop.hdfs.protocol.LocatedBlock;
import org.apache.hadoop.hdfs.server.datanode.CachingStrategy;
import org.apache.hadoop.net.NetUtils;

/**
 * One copy of a pack's block, on the one DataNode named. HDFS reads whichever copy is nearest and
 * takes bytes for good when their checksum file agrees; only our own digest can tell that they are
 * not, and then the other copies have to be asked one by one.
 *
 * <p>HDFS has no public way to ask one DataNode, so this class uses what is private to it, and no
 * other one may: {@code HadoopVersionTest} holds both that and the version it was checked with.
 */
final class HdfsReplica implements PackFiles.Input {
    /** The version whose private classes this class was checked against. */
    static final String CHECKED_VERSION = "3.5.0";

    /** Tries of a read that ends early, before that is taken for the replica's own end. */
    private static final int SHORT_READS_MAX = 3;

    /**
     * How a DataNode says that it has no such bytes: the file is gone, or shorter. A generation
     * that has moved on reads the same, so only a sealed pack's replica can be judged by it.
     */
    private static final Pattern ANSWERED_NO =
            Pattern.compile(
                    "received exception \\S*(ReplicaNotFoundException|FileNotFoundException)"
                            + "|don't match block");

    private final DFSClient client;
    private final Configuration configuration;
    private final String path;
    private final LocatedBlock block;
    private final DatanodeInfo node;
    private final StorageType storage;
    private final String storageId;

    private HdfsReplica(DistributedFileSystem hdfs, String path, LocatedBlock block, int index) {
        this.client = hdfs.getClient();
        this.configuration = hdfs.getConf();
        this.path = path;
        this.block = block;
        this.node = block.getLocations()[index];
        this.storage = block.getStorageTypes()[index];
        this.storageId = block.getStorageIDs()[index];
    }

    /** Every copy that HDFS knows on a DataNode it takes to be up, those it found bad included. */
    static List<HdfsReplica> all(DistributedFileSystem hdfs, Path path) throws IOException {
        String name = path.toUri().getPath();
        List<LocatedBlock> blocks =
                hdfs.getClient().getLocatedBlocks(name, 0, Long.MAX_VALUE).getLocatedBlocks();
        List<HdfsReplica> replicas = new ArrayList<>();
        if (!blocks.isEmpty()) {
            LocatedBlock block = blocks.getFirst();
            for (int index = 0; index < block.getLocations().length; index++) {
                replicas.add(new HdfsReplica(hdfs, name, block, index));
            }
        }
        return replicas;
    }

    /** DataNodes that are up, by id and name. */
    static Map<String, String> dataNodes(DistributedFileSystem hdfs) throws IOException {
        Map<String, String> nodes = new HashMap<>();
        for (DatanodeInfo node : hdfs.getDataNodeStats(HdfsConstants.DatanodeReportType.LIVE)) {
            nodes.put(node.getDatanodeUuid(), node.getXferAddr());
        }
        return nodes;
    }

    PackReplicas.Replica view() {
        return new PackReplicas.Replica(
                node.getDatanodeUuid(), node.getXferAddr(), block.isCorrupt());
    }

    /** See {@link PackReplicas#reportBad}. */
    void reportBad() throws IOException {
        client.reportBadBlocks(
                new LocatedBlock[] {
                    new LocatedBlock(
                            block.getBlock(),
                            new DatanodeInfo[] {node},
                            new String[] {storageId},
                            new StorageType[] {storage})
                });
    }

    /** See {@link PackReplicas#read}. */
    PackReplicas.Read look(long position, int length) {
        byte[] bytes = new byte[length];
        IOException refusal;
        try {
            read(reader(position, length, true), bytes, length);
            return new PackReplicas.Read.Bytes(bytes);
        } catch (IOException e) {
            refusal = e;
        }
        if (isSilence(refusal)) {
            return new PackReplicas.Read.Unavailable(String.valueOf(refusal.getMessage()));
        }
        // The bytes may be good although their checksums are not: the caller can tell.
        for (int attempt = 1; ; attempt++) {
            try {
                read(reader(position, length, false), bytes, length);
                return unchecked(position, bytes, refusal);
            } catch (IOException e) {
                String answer = String.valueOf(e.getMessage());
                if (ANSWERED_NO.matcher(answer).find() && !answer.contains("Too many open files")) {
                    return new PackReplicas.Read.Absent(answer);
                }
                if (!endsEarly(e)) {
                    return new PackReplicas.Read.Unavailable(answer);
                }
                if (attempt == SHORT_READS_MAX) {
                    return shortOrAway(answer);
                }
            }
        }
    }

    /** A DataNode that did not answer in time, or not at all, has said nothing of its checksums. */
    private static boolean isSilence(IOException failure) {
        return failure instanceof SocketTimeoutException || failure instanceof ConnectException;
    }

    /**
     * Bytes that only came without their checksums. A checksum that differs is an answer; any other
     * refusal has to be given twice, for a line that was cut once says nothing of the replica.
     */
    private PackReplicas.Read unchecked(long position, byte[] bytes, IOException refusal) {
        if (!(refusal instanceof ChecksumException)) {
            try {
                byte[] again = new byte[bytes.length];
                read(reader(position, bytes.length, true), again, bytes.length);
                return new PackReplicas.Read.Bytes(again);
            } catch (IOException e) {
                if (isSilence(e)) {
                    return new PackReplicas.Read.Unavailable(String.valueOf(e.getMessage()));
                }
            }
        }
        return new PackReplicas.Read.Unchecked(bytes, String.valueOf(refusal.getMessage()));
    }

    private static boolean endsEarly(IOException failure) {
        return failure instanceof EOFException
                || String.valueOf(failure.getMessage()).contains("Premature EOF");
    }

    /** A DataNode that still serves the replica's first byte is up: then it is the replica. */
    private PackReplicas.Read shortOrAway(String why) {
        try {
            read(reader(0, 1, false), new byte[1], 1);
            return new PackReplicas.Read.Absent("the replica is cut short: " + why);
        } catch (IOException e) {
            return endsEarly(e)
                    ? new PackReplicas.Read.Absent("the replica is empty: " + why)
                    : new PackReplicas.Read.Unavailable(why);
        }
    }

    private static void read(BlockReader reader, byte[] to, int length) throws IOException {
        try (reader) {
            reader.readFully(to, 0, length);
        }
    }

    /** See {@link PackReplicas#stream}. */
    PackReplicas.Stream stream(long position, long length) throws IOException {
        BlockReader reader = reader(position, length, true);
        return new PackReplicas.Stream() {
            @Override
            public void read(byte[] to, int from, int bytes) throws IOException {
                reader.readFully(to, from, bytes);
            }

            @Override
            public void close() {
                try {
                    reader.close();
                } catch (IOException e) {
                    // It was only read.
                }
            }
        };
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
                replicas.add(new HdfsReplica(hdfs, path.toUri().getPath(), block, index));
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
        try (BlockReader reader = reader(position, length, true)) {
            reader.readFully(to, from, length);
        }
    }

    private BlockReader reader(long position, long length, boolean checked) throws IOException {
        return new BlockReaderFactory(client.getConf())
                .setFileName(path)
                .setBlock(block.getBlock())
                .setBlockToken(block.getBlockToken())
                .setStartOffset(position)
                .setLength(length)
                .setVerifyChecksum(checked)
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
    }

    @Override
    public void close() {
        // A reader lives for one read only.
    }
}
