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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.hadoop.metrics2.lib.DefaultMetricsSystem;

/**
 * The chunk store against the HDFS under it, in one run, with the same durability: what packs,
 * checksums, digests and group commit cost, and what they save. Rows are kept in memory where only
 * HDFS is compared, and in the engine where the Record Layer is.
 *
 * <p>{@code -Dholdfast.bench.mebibytes} says how much is written and read (512), {@code
 * -Dholdfast.bench.small} how many small chunks (20,000), {@code -Dholdfast.bench.rounds} how often
 * each is measured after once to warm up (2): the figure is the best round's, ours and the bare
 * one's. {@code HOLDFAST_FDB_CLUSTER_FILE} names a FoundationDB to use instead of the engine.
 */
public final class ChunkStoreScenario implements Scenario {
    private static final int MIB = 1 << 20;
    private static final int MEBIBYTES = Integer.getInteger("holdfast.bench.mebibytes", 512);
    private static final int ROUNDS = Integer.getInteger("holdfast.bench.rounds", 2);

    /** Distinct chunks, used again and again: far more than are in flight at once. */
    private static final int DISTINCT = 128;

    private final Map<String, String> figures = new LinkedHashMap<>();
    private final List<byte[]> chunks = new ArrayList<>();
    private final List<Sha256> hashes = new ArrayList<>();
    private final SplittableRandom random = new SplittableRandom(1);

    @Override
    public String name() {
        return "chunk-store";
    }

    @Override
    public String description() {
        return "chunk store against bare HDFS and bare Record Layer: ingest, reads, small chunks";
    }

    @Override
    public Map<String, String> run(Path scratch) throws Exception {
        for (int index = 0; index < Math.min(DISTINCT, MEBIBYTES); index++) {
            byte[] chunk = new byte[MIB];
            random.nextBytes(chunk);
            chunks.add(chunk);
            hashes.add(Sha256.hash(chunk));
        }
        // Publishes the NameNode's own counters, of its calls among others.
        DefaultMetricsSystem.initialize("bench");
        try (EmbeddedHdfs hdfs = EmbeddedHdfs.start(scratch.resolve("hdfs"), 1, 1);
                BareHdfs bare = new BareHdfs(hdfs)) {
            for (int round = 0; round <= ROUNDS; round++) {
                large(hdfs, bare);
                if (round == 0) {
                    best.clear();
                }
            }
            large();
            new SmallChunks(hdfs, bare, scratch).measure(figures);
        }
        return figures;
    }

    // What 1 MiB chunks cost; the best of the rounds by name

    private final Map<String, Double> best = new LinkedHashMap<>();
    private Footprint footprint = new Footprint(0, 0, 0, 0);

    /** What a gibibyte of chunks leaves and asks of the NameNode. */
    private record Footprint(long files, long blocks, long calls, double bytesPerByte) {}

    private void keep(String what, double rate) {
        best.merge(what, rate, Math::max);
    }

    private double best(String what) {
        return best.getOrDefault(what, 0.0);
    }

    private void large(EmbeddedHdfs hdfs, BareHdfs bare) throws Exception {
        keep("put", bare.put(chunks, MEBIBYTES));
        for (int writers : new int[] {1, 4, 16}) {
            keep("ingest " + writers, ingest(hdfs, bare, writers));
        }
        keep("read", bare.read(MEBIBYTES, false));
        keep("read hashing", bare.read(MEBIBYTES, true));
        keep("pread", bare.readAtRandom(MEBIBYTES, false));
        keep("pread hashing", bare.readAtRandom(MEBIBYTES, true));
        reads(hdfs, bare);
    }

    private void large() {
        double put = best("put");
        figures.put("bare put, synced", "%.0f MB/s".formatted(put));
        for (int writers : new int[] {1, 4, 16}) {
            figures.put(
                    "ingest of 1 MiB chunks, writers: " + writers,
                    versus(best("ingest " + writers), put, "MB/s"));
        }
        figures.put("bare sequential read", "%.0f MB/s".formatted(best("read")));
        figures.put(
                "sequential read, bare with SHA-256",
                versus(best("sequential"), best("read hashing"), "MB/s"));
        figures.put("bare positional reads of 1 MiB", "%.0f MB/s".formatted(best("pread")));
        figures.put(
                "random read, bare with SHA-256",
                versus(best("random"), best("pread hashing"), "MB/s"));
        figures.put(
                "random read, one after the other",
                versus(best("one by one"), best("pread hashing"), "MB/s"));
        figures.put("NameNode files per GiB", Long.toString(footprint.files()));
        figures.put("NameNode blocks per GiB", Long.toString(footprint.blocks()));
        figures.put("NameNode calls per GiB", Long.toString(footprint.calls()));
        figures.put(
                "bytes on disk per byte stored",
                String.format(Locale.ROOT, "%.4f", footprint.bytesPerByte()));
    }

    static String versus(double ours, double bare, String unit) {
        return String.format(
                Locale.ROOT, "%.0f %s, bare %.0f, ratio %.2f", ours, unit, bare, ours / bare);
    }

    private static ChunkStore open(EmbeddedHdfs hdfs, ChunkRows rows) {
        return ChunkStore.open(
                hdfs.uri(), hdfs.configuration(), rows, ChunkStoreConfig.forEmbedded(1));
    }

    private double ingest(EmbeddedHdfs hdfs, BareHdfs bare, int writers) throws Exception {
        // Once is enough: how many calls there are does not depend on who writes.
        boolean counted = writers == 1;
        long calls = counted ? bare.nameNodeCalls() : 0;
        ChunkStore store = open(hdfs, new BenchmarkRows());
        long start = System.nanoTime();
        write(store, writers, 0, MEBIBYTES);
        double rate = BareHdfs.megabytesPerSecond((long) MEBIBYTES * MIB, start);
        store.close();
        if (counted) {
            footprint = footprint(bare, calls);
        }
        bare.clear();
        return rate;
    }

    private static Footprint footprint(BareHdfs bare, long callsBefore) throws Exception {
        double scale = 1_024.0 / MEBIBYTES;
        BareHdfs.Holdings held = bare.holdings();
        return new Footprint(
                Math.round(held.files() * scale),
                Math.round(held.blocks() * scale),
                Math.round((bare.nameNodeCalls() - callsBefore) * scale),
                held.bytes() / ((double) MEBIBYTES * MIB));
    }

    /** Writes chunks {@code from} to {@code to} of the endless repetition of the distinct ones. */
    private void write(ChunkStore store, int writers, int from, int to)
            throws InterruptedException, ExecutionException {
        List<CompletableFuture<Void>> done = new ArrayList<>();
        for (int writer = 0; writer < writers; writer++) {
            int first = from + writer;
            ContentId content = ContentId.random(random);
            CompletableFuture<Void> end = new CompletableFuture<>();
            done.add(end);
            Thread.ofVirtual()
                    .start(() -> {
                        try {
                            List<CompletableFuture<Placement>> answers = new ArrayList<>();
                            for (int at = first; at < to; at += writers) {
                                int which = at % chunks.size();
                                answers.add(
                                        store.append(
                                                content, hashes.get(which), chunks.get(which)));
                            }
                            answers.forEach(CompletableFuture::join);
                            end.complete(null);
                        } catch (RuntimeException e) {
                            end.completeExceptionally(e);
                        }
                    });
        }
        for (CompletableFuture<Void> end : done) {
            end.get();
        }
    }

    private void reads(EmbeddedHdfs hdfs, BareHdfs bare) throws Exception {
        BenchmarkRows rows = new BenchmarkRows();
        try (ChunkStore store = open(hdfs, rows)) {
            List<StoredChunk> stored = new ArrayList<>();
            for (int from = 0; from < MEBIBYTES; from += chunks.size()) {
                int to = Math.min(MEBIBYTES, from + chunks.size());
                write(store, 1, from, to);
                for (int at = from; at < to; at++) {
                    Sha256 hash = hashes.get(at % chunks.size());
                    stored.add(new StoredChunk(hash, rows.location(hash)));
                }
            }
            keep("sequential", readAll(store, stored));
            Collections.shuffle(stored, new Random(1));
            keep("random", readAll(store, stored));
            long start = System.nanoTime();
            for (StoredChunk chunk : stored) {
                store.read(chunk.hash(), chunk.location());
            }
            keep("one by one", BareHdfs.megabytesPerSecond((long) stored.size() * MIB, start));
        }
        bare.clear();
    }

    private static double readAll(ChunkStore store, List<StoredChunk> stored) throws IOException {
        long start = System.nanoTime();
        long total = 0;
        try (ChunkReads reads = store.read(stored)) {
            while (reads.hasNext()) {
                total += reads.next().length;
            }
        }
        return BareHdfs.megabytesPerSecond(total, start);
    }
}
