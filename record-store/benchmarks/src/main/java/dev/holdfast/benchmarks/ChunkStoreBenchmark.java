package dev.holdfast.benchmarks;

import dev.holdfast.chunkstore.ChunkReads;
import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.chunkstore.ChunkStoreConfig;
import dev.holdfast.chunkstore.EmbeddedHdfs;
import dev.holdfast.chunkstore.StoredChunk;
import dev.holdfast.metadata.ChunkRows;
import dev.holdfast.metadata.Placement;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Sha256;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.ContentSummary;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.DistributedFileSystem;

/**
 * The chunk store against the HDFS under it, in one run: what packs, checksums, digests and group
 * commit cost. Rows are kept in memory, so that only HDFS is compared.
 *
 * <p>Arguments: a directory to work in, and how many MiB (default 512). Bare writes end with a
 * sync, as the store's do.
 */
public final class ChunkStoreBenchmark {
    private static final int MIB = 1 << 20;
    private static final int SMALL = 4 << 10;
    private static final int SMALL_COUNT = 50_000;
    private static final int ONE_FILE_PER_CHUNK_COUNT = 200;

    private final FileSystem bare;
    private final EmbeddedHdfs hdfs;
    private final List<byte[]> chunks = new ArrayList<>();
    private final List<Sha256> hashes = new ArrayList<>();
    private final SplittableRandom random = new SplittableRandom(1);

    private ChunkStoreBenchmark(EmbeddedHdfs hdfs, FileSystem bare, int mebibytes) {
        this.hdfs = hdfs;
        this.bare = bare;
        for (int index = 0; index < mebibytes; index++) {
            byte[] chunk = new byte[MIB];
            random.nextBytes(chunk);
            chunks.add(chunk);
            hashes.add(Sha256.hash(chunk));
        }
    }

    /** Runs everything once to warm up and once to measure. */
    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        int mebibytes = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 512;
        boolean fresh = !Files.exists(directory.resolve("name"));
        long start = System.nanoTime();
        try (EmbeddedHdfs hdfs = EmbeddedHdfs.start(directory, 1, 1)) {
            System.out.printf(
                    "HDFS ready (%s directory): %d ms, %d ms since the JVM started%n",
                    fresh ? "new" : "used",
                    (System.nanoTime() - start) / 1_000_000,
                    ManagementFactory.getRuntimeMXBean().getUptime());
            if (mebibytes == 0) {
                return;
            }
            Configuration configuration = hdfs.configuration();
            try (FileSystem bare = FileSystem.newInstance(hdfs.uri(), configuration)) {
                ChunkStoreBenchmark benchmark = new ChunkStoreBenchmark(hdfs, bare, mebibytes);
                for (String round : List.of("warm-up", "measured", "measured again")) {
                    System.out.println("--- " + round);
                    benchmark.round();
                }
            }
        }
    }

    private void round() throws Exception {
        double put = barePut();
        report("bare put, MB/s", put, 0);
        for (int writers : new int[] {1, 4, 16}) {
            report("ingest 1 MiB, " + writers + " writers, MB/s", ingest(writers), put);
        }
        double read = bareRead(false);
        double readHash = bareRead(true);
        report("bare sequential read, MB/s", read, 0);
        report("bare sequential read + SHA-256, MB/s", readHash, read);
        reads(readHash);
        double files = oneFilePerChunk();
        report("one file per 4 KiB chunk, chunks/s", files, 0);
        report("4 KiB chunks, chunks/s", small(), files);
        System.out.printf("resident: %s%n", resident());
    }

    private static void report(String what, double value, double base) {
        String ratio = base == 0 ? "" : String.format("  (%.2f)", value / base);
        System.out.printf("%-44s %10.1f%s%n", what, value, ratio);
    }

    private static String resident() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("VmRSS"))
                .findFirst()
                .orElse("unknown");
    }

    private static double megabytesPerSecond(long bytes, long startNanos) {
        return bytes / 1e6 / ((System.nanoTime() - startNanos) / 1e9);
    }

    private double barePut() throws IOException {
        org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path("/bare");
        long start = System.nanoTime();
        try (FSDataOutputStream out = syncedFile(path)) {
            for (byte[] chunk : chunks) {
                out.write(chunk);
            }
            out.hsync();
        }
        return megabytesPerSecond((long) chunks.size() * MIB, start);
    }

    /** Every block is synced when it is full: without that only the last one would be. */
    private FSDataOutputStream syncedFile(org.apache.hadoop.fs.Path path) throws IOException {
        return ((DistributedFileSystem) bare)
                .createFile(path)
                .overwrite(true)
                .replicate()
                .syncBlock()
                .replication((short) 1)
                .blockSize(256L << 20)
                .build();
    }

    private double bareRead(boolean hashing) throws IOException {
        MessageDigest digest = Sha256.newDigest();
        byte[] buffer = new byte[MIB];
        long start = System.nanoTime();
        long total = 0;
        try (FSDataInputStream in = bare.open(new org.apache.hadoop.fs.Path("/bare"))) {
            for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
                total += read;
                if (hashing) {
                    digest.update(buffer, 0, read);
                }
            }
        }
        return megabytesPerSecond(total, start);
    }

    private ChunkStore open(ChunkRows rows) {
        return ChunkStore.open(
                hdfs.uri(), hdfs.configuration(), rows, ChunkStoreConfig.forEmbedded(1));
    }

    private double ingest(int writers) throws Exception {
        BenchmarkRows rows = new BenchmarkRows();
        ChunkStore store = open(rows);
        long start = System.nanoTime();
        write(store, writers);
        double rate = megabytesPerSecond((long) chunks.size() * MIB, start);
        store.close();
        if (writers == 1) {
            footprint();
        }
        clear();
        return rate;
    }

    private void footprint() throws IOException {
        ContentSummary holdings =
                bare.getContentSummary(new org.apache.hadoop.fs.Path("/holdfast"));
        System.out.printf(
                "%d MiB lie in %d files of one block; stored bytes per byte: %.4f%n",
                chunks.size(),
                holdings.getFileCount(),
                holdings.getLength() / ((double) chunks.size() * MIB));
    }

    private void write(ChunkStore store, int writers) throws Exception {
        List<CompletableFuture<Void>> done = new ArrayList<>();
        for (int writer = 0; writer < writers; writer++) {
            int first = writer;
            CompletableFuture<Void> end = new CompletableFuture<>();
            done.add(end);
            ContentId content = ContentId.random(random);
            Thread.ofVirtual()
                    .start(() -> {
                        List<CompletableFuture<Placement>> answers = new ArrayList<>();
                        for (int at = first; at < chunks.size(); at += writers) {
                            answers.add(store.append(content, hashes.get(at), chunks.get(at)));
                        }
                        answers.forEach(CompletableFuture::join);
                        end.complete(null);
                    });
        }
        for (CompletableFuture<Void> end : done) {
            end.get();
        }
    }

    private void reads(double base) throws Exception {
        BenchmarkRows rows = new BenchmarkRows();
        try (ChunkStore store = open(rows)) {
            write(store, 1);
            List<StoredChunk> stored = new ArrayList<>();
            for (Sha256 hash : hashes) {
                stored.add(new StoredChunk(hash, rows.location(hash)));
            }
            report("sequential read through the store, MB/s", readAll(store, stored), base);
            Collections.shuffle(stored, new Random(1));
            report("random read through the store, MB/s", readAll(store, stored), base);
            long start = System.nanoTime();
            for (StoredChunk chunk : stored) {
                store.read(chunk.hash(), chunk.location());
            }
            report(
                    "random read, one after the other, MB/s",
                    megabytesPerSecond((long) stored.size() * MIB, start),
                    base);
        }
        clear();
    }

    private static double readAll(ChunkStore store, List<StoredChunk> stored) {
        long start = System.nanoTime();
        long total = 0;
        try (ChunkReads reads = store.read(stored)) {
            while (reads.hasNext()) {
                total += reads.next().length;
            }
        }
        return megabytesPerSecond(total, start);
    }

    private double oneFilePerChunk() throws IOException {
        byte[] chunk = new byte[SMALL];
        long start = System.nanoTime();
        for (int index = 0; index < ONE_FILE_PER_CHUNK_COUNT; index++) {
            try (FSDataOutputStream out =
                    bare.create(new org.apache.hadoop.fs.Path("/small/" + index), true)) {
                out.write(chunk);
                out.hsync();
            }
        }
        return ONE_FILE_PER_CHUNK_COUNT / ((System.nanoTime() - start) / 1e9);
    }

    private double small() throws Exception {
        List<byte[]> small = new ArrayList<>();
        List<Sha256> smallHashes = new ArrayList<>();
        for (int index = 0; index < SMALL_COUNT; index++) {
            byte[] chunk = new byte[SMALL];
            random.nextBytes(chunk);
            small.add(chunk);
            smallHashes.add(Sha256.hash(chunk));
        }
        ContentId content = ContentId.random(random);
        try (ChunkStore store = open(new BenchmarkRows())) {
            long start = System.nanoTime();
            List<CompletableFuture<Placement>> answers = new ArrayList<>();
            for (int index = 0; index < SMALL_COUNT; index++) {
                answers.add(store.append(content, smallHashes.get(index), small.get(index)));
            }
            answers.forEach(CompletableFuture::join);
            double rate = SMALL_COUNT / ((System.nanoTime() - start) / 1e9);
            System.out.printf("4 KiB chunks: %s%n", store.stats());
            return rate;
        } finally {
            clear();
        }
    }

    private void clear() throws IOException {
        bare.delete(new org.apache.hadoop.fs.Path("/holdfast"), true);
    }
}
