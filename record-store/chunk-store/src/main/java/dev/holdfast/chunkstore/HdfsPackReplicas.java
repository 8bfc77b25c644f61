package dev.holdfast.chunkstore;

import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.model.PackId;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.hdfs.DistributedFileSystem;

/** {@link PackReplicas} on HDFS, over a connection of its own. */
public final class HdfsPackReplicas implements PackReplicas {

    /** Packs whose copies are remembered between two reads. */
    private static final int LOCATED_MAX = 256;

    private final DistributedFileSystem hdfs;
    private final HdfsPackFiles files;
    private final ChunkStoreConfig config;
    private final Map<PackId, List<HdfsReplica>> known =
            Collections.synchronizedMap(
                    new LinkedHashMap<>(16, 0.75f, true) {
                        private static final long serialVersionUID = 1L;

                        @Override
                        protected boolean removeEldestEntry(
                                Map.Entry<PackId, List<HdfsReplica>> eldest) {
                            return size() > LOCATED_MAX;
                        }
                    });

    private HdfsPackReplicas(DistributedFileSystem hdfs, ChunkStoreConfig config) {
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
    public static HdfsPackReplicas open(
            URI uri, Configuration configuration, ChunkStoreConfig config) {
        return new HdfsPackReplicas(HdfsConnection.open(uri, configuration, config), config);
    }

    @Override
    public Optional<Located> locate(PackId file) throws IOException {
        List<HdfsReplica> replicas;
        FileStatus status;
        try {
            status = hdfs.getFileStatus(files.path(file));
            replicas = HdfsReplica.all(hdfs, files.path(file));
        } catch (FileNotFoundException e) {
            known.remove(file);
            return Optional.empty();
        }
        if (replicas.isEmpty() && hdfs.isInSafeMode()) {
            throw new IOException("the NameNode is in safe mode: not every DataNode has reported");
        }
        boolean open = !hdfs.isFileClosed(files.path(file));
        known.put(file, replicas);
        return Optional.of(
                new Located(
                        file,
                        status.getLen(),
                        open,
                        status.getReplication(),
                        replicas.stream()
                                .map(HdfsReplica::view)
                                .sorted(Comparator.comparing(Replica::node))
                                .toList()));
    }

    private HdfsReplica replica(Located located, Replica wanted) throws IOException {
        List<HdfsReplica> replicas = known.get(located.file());
        if (replicas == null) {
            replicas = HdfsReplica.all(hdfs, files.path(located.file()));
            known.put(located.file(), replicas);
        }
        for (HdfsReplica replica : replicas) {
            if (replica.view().node().equals(wanted.node())) {
                return replica;
            }
        }
        throw new IOException("HDFS does not name the replica on " + wanted.name() + " any more");
    }

    @Override
    public Read read(Located located, Replica replica, long offset, int length) {
        try {
            return replica(located, replica).look(offset, length);
        } catch (IOException e) {
            return new Read.Unavailable(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            return new Read.Unavailable("HDFS's client failed: " + e);
        }
    }

    @Override
    public Stream stream(Located located, Replica replica, long offset, long length)
            throws IOException {
        return replica(located, replica).stream(offset, length);
    }

    @Override
    public Optional<PackId> identity(Located located, Replica replica) throws IOException {
        if (located.length() < PackFormat.FILE_HEADER_BYTES) {
            return Optional.empty();
        }
        return PackFormat.identity(bytes(located, replica, 0, PackFormat.FILE_HEADER_BYTES));
    }

    /** Bytes whatever HDFS's checksums say: every header has its own. */
    private byte[] bytes(Located located, Replica replica, long offset, int length)
            throws IOException {
        return switch (read(located, replica, offset, length)) {
            case Read.Bytes good -> good.bytes();
            case Read.Unchecked unchecked -> unchecked.bytes();
            case Read.Absent absent -> throw new FileNotFoundException(absent.why());
            case Read.Unavailable unavailable -> throw new IOException(unavailable.why());
        };
    }

    @Override
    public List<Packs.Entry> records(PackId pack, Located located, Replica replica)
            throws IOException {
        PackFiles.Input input =
                new PackFiles.Input() {
                    @Override
                    public long length() {
                        return located.length();
                    }

                    @Override
                    public void read(long position, byte[] to, int from, int length)
                            throws IOException {
                        byte[] bytes = bytes(located, replica, position, length);
                        System.arraycopy(bytes, 0, to, from, length);
                    }

                    @Override
                    public void close() {
                        // Nothing stays open between two reads.
                    }
                };
        return PackScanner.records(pack, input).stream().map(HdfsPacks::entry).toList();
    }

    @Override
    public void reportBad(Located located, Replica replica) throws IOException {
        replica(located, replica).reportBad();
        known.remove(located.file());
    }

    @Override
    public Map<String, String> dataNodes() throws IOException {
        return HdfsReplica.dataNodes(hdfs);
    }

    @Override
    public void list(Consumer<PackFile> each) throws IOException {
        files.list(each);
    }

    @Override
    public Rescue begin(PackWriterLease pack) throws IOException {
        return new CopyRescue(new PackCopy(files, pack, config));
    }

    private record CopyRescue(PackCopy copy) implements Rescue {
        @Override
        public long length() {
            return copy.length();
        }

        @Override
        public void add(StoredRecord record) throws IOException {
            copy.add(record);
        }

        @Override
        public Packs.Ended end() throws IOException {
            return copy.end();
        }

        @Override
        public void close() {
            copy.close();
        }
    }

    @Override
    public void close() {
        HdfsConnection.closeQuietly(hdfs);
    }
}
