package dev.holdfast.benchmarks;

import dev.holdfast.chunkstore.EmbeddedHdfs;
import dev.holdfast.model.Sha256;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.security.MessageDigest;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.hadoop.fs.ContentSummary;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;

/** HDFS used plainly, with the durability that the chunk store gives: every block is synced. */
final class BareHdfs implements AutoCloseable {
    private static final int MIB = 1 << 20;
    private static final long COUNTERS_OLD_MILLIS = 2_500;
    private static final Path FILE = new Path("/bare");
    private static final Path STORE = new Path("/holdfast");

    private final DistributedFileSystem hdfs;

    BareHdfs(EmbeddedHdfs embedded) throws IOException {
        FileSystem opened = FileSystem.newInstance(embedded.uri(), embedded.configuration());
        if (!(opened instanceof DistributedFileSystem distributed)) {
            throw new IOException("not HDFS: " + embedded.uri());
        }
        hdfs = distributed;
    }

    static double megabytesPerSecond(long bytes, long startNanos) {
        return bytes / 1e6 / ((System.nanoTime() - startNanos) / 1e9);
    }

    /** One file of so many MiB. */
    double put(List<byte[]> chunks, int mebibytes) throws IOException {
        long start = System.nanoTime();
        try (FSDataOutputStream out =
                hdfs.createFile(FILE)
                        .overwrite(true)
                        .replicate()
                        .syncBlock()
                        .replication((short) 1)
                        .blockSize(256L << 20)
                        .build()) {
            for (int index = 0; index < mebibytes; index++) {
                out.write(chunks.get(index % chunks.size()));
            }
            out.hsync();
        }
        return megabytesPerSecond((long) mebibytes * MIB, start);
    }

    double read(int mebibytes, boolean hashing) throws IOException {
        MessageDigest digest = Sha256.newDigest();
        byte[] buffer = new byte[MIB];
        long start = System.nanoTime();
        try (FSDataInputStream in = hdfs.open(FILE)) {
            for (int index = 0; index < mebibytes; index++) {
                in.readFully(buffer);
                if (hashing) {
                    digest.update(buffer);
                    digest.digest();
                }
            }
        }
        return megabytesPerSecond((long) mebibytes * MIB, start);
    }

    /** An open file, for any number of threads. */
    record PositionalReads(FSDataInputStream in) implements AutoCloseable {
        void read(long from, byte[] into) throws IOException {
            in.readFully(from, into);
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    /** A file of random bytes. */
    PositionalReads store(int bytes) throws IOException {
        byte[] content = new byte[bytes];
        new SplittableRandom(1).nextBytes(content);
        put(List.of(content), (bytes + MIB - 1) / MIB);
        return new PositionalReads(hdfs.open(FILE));
    }

    /** Positional reads of 1 MiB each. */
    double readAtRandom(int mebibytes, boolean hashing) throws IOException {
        MessageDigest digest = Sha256.newDigest();
        SplittableRandom random = new SplittableRandom(1);
        byte[] buffer = new byte[MIB];
        long start = System.nanoTime();
        try (FSDataInputStream in = hdfs.open(FILE)) {
            for (int index = 0; index < mebibytes; index++) {
                in.readFully((long) random.nextInt(mebibytes) * MIB, buffer);
                if (hashing) {
                    digest.update(buffer);
                    digest.digest();
                }
            }
        }
        return megabytesPerSecond((long) mebibytes * MIB, start);
    }

    /** Files of one small chunk each, per second. */
    double oneFilePerChunk(byte[] chunk, int files) throws IOException {
        Path folder = new Path("/small");
        long start = System.nanoTime();
        for (int index = 0; index < files; index++) {
            try (FSDataOutputStream out = hdfs.create(new Path(folder, "f" + index), true)) {
                out.write(chunk);
                out.hsync();
            }
        }
        double rate = files / ((System.nanoTime() - start) / 1e9);
        hdfs.delete(folder, true);
        return rate;
    }

    /** What the chunk store has in HDFS. */
    record Holdings(long files, long blocks, long bytes) {}

    Holdings holdings() throws IOException {
        ContentSummary summary = hdfs.getContentSummary(STORE);
        long blockBytes = 256L << 20;
        long blocks = 0;
        var files = hdfs.listFiles(STORE, true);
        while (files.hasNext()) {
            blocks += Math.max(1, (files.next().getLen() + blockBytes - 1) / blockBytes);
        }
        return new Holdings(summary.getFileCount(), blocks, summary.getSpaceConsumed());
    }

    /**
     * Calls that the NameNode of this process has answered so far, those of its DataNode too. Takes
     * as long as its counters may be old.
     */
    long nameNodeCalls() throws JMException, InterruptedException {
        TimeUnit.MILLISECONDS.sleep(COUNTERS_OLD_MILLIS);
        MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
        long calls = 0;
        for (ObjectName name :
                beans.queryNames(
                        new ObjectName("Hadoop:service=*,name=RpcActivityForPort*"), null)) {
            calls += ((Number) beans.getAttribute(name, "RpcProcessingTimeNumOps")).longValue();
        }
        return calls;
    }

    void clear() throws IOException {
        hdfs.delete(STORE, true);
    }

    @Override
    public void close() throws IOException {
        hdfs.close();
    }
}
