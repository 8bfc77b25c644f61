package dev.holdfast.chunkstore;

import dev.holdfast.model.PackId;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.client.HdfsDataInputStream;
import org.apache.hadoop.hdfs.client.HdfsDataOutputStream;

/**
 * Packs as files {@code <root>/packs/<2 hex>/<pack id>} of one block each, because a sync reaches
 * only the block being written, never one before it.
 */
final class HdfsPackFiles implements PackFiles {
    private static final long POLL_MILLIS = 50;

    private final DistributedFileSystem hdfs;
    private final Path packs;
    private final short replication;
    private final long blockBytes;

    HdfsPackFiles(DistributedFileSystem hdfs, ChunkStoreConfig config) {
        this.hdfs = hdfs;
        this.packs = new Path(config.root(), "packs");
        this.replication = (short) config.replication();
        this.blockBytes = config.blockBytes();
    }

    Path path(PackId pack) {
        String id = pack.toString();
        return new Path(new Path(packs, id.substring(0, 2)), id);
    }

    @Override
    public void requireWritable() throws IOException {
        if (hdfs.isInSafeMode()) {
            throw new IOException("the NameNode is in safe mode");
        }
    }

    @Override
    public Output create(PackId pack) throws IOException {
        return new HdfsOutput(createFile(path(pack)));
    }

    HdfsDataOutputStream createFile(Path path) throws IOException {
        FSDataOutputStream out =
                hdfs.createFile(path)
                        .create()
                        .recursive()
                        .overwrite(false)
                        // Erasure-coded directories accept syncs and do nothing.
                        .replicate()
                        .syncBlock()
                        .replication(replication)
                        .blockSize(blockBytes)
                        .build();
        if (out instanceof HdfsDataOutputStream stream) {
            return stream;
        }
        out.close();
        throw new IOException("not a stream of HDFS: " + out.getClass().getName());
    }

    @Override
    public Input open(PackId pack) throws IOException {
        if (hdfs.open(path(pack)) instanceof HdfsDataInputStream in) {
            return new HdfsInput(in);
        }
        throw new IOException("not a stream of HDFS: " + path(pack));
    }

    @Override
    public List<Input> replicas(PackId pack, Consumer<IOException> onBad) throws IOException {
        return HdfsReplica.of(hdfs, path(pack), onBad);
    }

    @Override
    public long recover(PackId pack, Duration waitMax) throws IOException {
        Path path = path(pack);
        long deadline = System.nanoTime() + waitMax.toNanos();
        while (!hdfs.recoverLease(path)) {
            if (System.nanoTime() - deadline > 0) {
                throw new IOException(
                        "HDFS did not recover the lease of " + path + " within " + waitMax);
            }
            try {
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while a lease was recovered", e);
            }
        }
        FileStatus status = hdfs.getFileStatus(path);
        return status.getLen();
    }

    @Override
    public void list(Consumer<PackFile> each) throws IOException {
        RemoteIterator<LocatedFileStatus> found = hdfs.listFiles(packs, true);
        while (found.hasNext()) {
            LocatedFileStatus file = found.next();
            PackId pack;
            try {
                pack = PackId.parse(file.getPath().getName());
            } catch (IllegalArgumentException e) {
                // Somebody else's file: not for us to judge.
                continue;
            }
            each.accept(new PackFile(pack, file.getLen(), file.getModificationTime()));
        }
    }

    /** Those of which the id begins with the byte: one directory, and about a 256th of all. */
    void list(int firstByte, Consumer<PackFile> each) throws IOException {
        Path directory = new Path(packs, HexFormat.of().toHexDigits((byte) firstByte));
        RemoteIterator<FileStatus> found;
        try {
            found = hdfs.listStatusIterator(directory);
        } catch (FileNotFoundException e) {
            return;
        }
        while (found.hasNext()) {
            FileStatus file = found.next();
            PackId pack;
            try {
                pack = PackId.parse(file.getPath().getName());
            } catch (IllegalArgumentException e) {
                continue;
            }
            each.accept(new PackFile(pack, file.getLen(), file.getModificationTime()));
        }
    }

    @Override
    public boolean full() {
        try {
            return hdfs.getStatus().getRemaining() < 2 * blockBytes;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        hdfs.close();
    }

    private record HdfsOutput(HdfsDataOutputStream stream) implements Output {
        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
            stream.write(bytes, from, length);
        }

        @Override
        public int sync() throws IOException {
            stream.hsync();
            return stream.getCurrentBlockReplication();
        }

        @Override
        public void close() throws IOException {
            stream.close();
        }
    }

    private record HdfsInput(HdfsDataInputStream stream, long length) implements Input {
        HdfsInput(HdfsDataInputStream stream) {
            this(stream, stream.getVisibleLength());
        }

        @Override
        public void read(long position, byte[] to, int from, int length) throws IOException {
            stream.readFully(position, to, from, length);
        }

        @Override
        public void close() throws IOException {
            stream.close();
        }
    }
}
