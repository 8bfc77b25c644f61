package dev.holdfast.benchmarks;

import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.chunkstore.EmbeddedHdfs;
import dev.holdfast.metadata.PackStage;
import dev.holdfast.metadata.PackView;
import dev.holdfast.model.Sha256;
import dev.holdfast.repair.RepairWorker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The scrub against the two things that bound it, in one run: reading the same bytes from HDFS
 * without looking at them, and hashing them without reading. What users notice of it, what it takes
 * of memory, and how long one bad chunk among very many lives.
 *
 * <p>{@code -Dholdfast.bench.mebibytes} says how much is stored (512), {@code
 * -Dholdfast.bench.chunks} among how many small chunks the bad one lies (100000).
 */
public final class ScrubScenario implements Scenario {
    private static final int MIB = 1 << 20;
    private static final int MEBIBYTES = Integer.getInteger("holdfast.bench.mebibytes", 512);
    private static final int HELD_CHUNKS = Math.min(64, MEBIBYTES);
    private static final int ROUNDS = 3;
    private static final int READS = 300;

    private final SplittableRandom random = new SplittableRandom(1);
    private final List<Sha256> hashes = new ArrayList<>();
    private final Map<String, String> figures = new LinkedHashMap<>();

    @Override
    public String name() {
        return "scrub";
    }

    @Override
    public String description() {
        return "scrub against bare HDFS reads and bare SHA-256, reads of users meanwhile, memory,"
                + " and one bad chunk among 100,000";
    }

    @Override
    public Map<String, String> run(Path scratch) throws Exception {
        List<byte[]> some = new ArrayList<>();
        for (int index = 0; index < HELD_CHUNKS; index++) {
            some.add(ScrubCell.chunk(index, MIB));
        }
        double hash = hashed(some);
        try (EmbeddedHdfs hdfs = EmbeddedHdfs.start(scratch.resolve("hdfs"), 1, 1);
                BareHdfs bare = new BareHdfs(hdfs)) {
            bare.put(some, MEBIBYTES);
            double read = 0;
            for (int round = 0; round < ROUNDS; round++) {
                read = Math.max(read, bare.read(MEBIBYTES, false));
            }
            bare.clear();
            try (ScrubCell cell = new ScrubCell(hdfs, scratch.resolve("metadata"), 1)) {
                cell.upload(MEBIBYTES, MIB);
                for (int index = 0; index < MEBIBYTES; index++) {
                    hashes.add(Sha256.hash(ScrubCell.chunk(index, MIB)));
                }
                figures.put("bare sequential read", "%.0f MB/s".formatted(read));
                figures.put("bare SHA-256", "%.0f MB/s".formatted(hash));
                try (ChunkStore store = cell.open();
                        RepairWorker worker = cell.worker(() -> store.stats().bytesRead())) {
                    speed(cell, worker, Math.min(read, hash));
                    users(cell, store, worker);
                }
            }
        }
        ScrubHealing.measure(scratch, figures);
        return figures;
    }

    private static double hashed(List<byte[]> chunks) {
        double best = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long start = System.nanoTime();
            for (int index = 0; index < MEBIBYTES; index++) {
                Sha256.hash(chunks.get(index % chunks.size()));
            }
            best = Math.max(best, BareHdfs.megabytesPerSecond((long) MEBIBYTES * MIB, start));
        }
        return best;
    }

    private void speed(ScrubCell cell, RepairWorker worker, double bound)
            throws InterruptedException {
        double best = 0;
        try (LiveHeap heap = new LiveHeap()) {
            for (int round = 0; round < ROUNDS; round++) {
                long start = System.nanoTime();
                long bytes = cell.scrub(worker, false, false, 0);
                best = Math.max(best, BareHdfs.megabytesPerSecond(bytes, start));
            }
            figures.put(
                    "scrub, the slower of the two", ChunkStoreScenario.versus(best, bound, "MB/s"));
            figures.put(
                    "live heap during a scrub, above what it was before",
                    "%.0f MiB".formatted(heap.grownBy() / (double) MIB));
        }
    }

    private void users(ScrubCell cell, ChunkStore store, RepairWorker worker)
            throws InterruptedException {
        p99(cell, store);
        double alone = p99(cell, store);
        figures.put("p99 of a user's chunk alone", "%.1f ms".formatted(alone));
        double routine =
                meanwhile(
                        cell,
                        store,
                        () -> {
                            urgeAll(cell);
                            worker.sweep();
                        });
        figures.put("p99 during the worker's own scrub", compared(routine, alone));
        double order = meanwhile(cell, store, () -> cell.scrub(worker, false, false, 0));
        figures.put("p99 during an order without a limit", compared(order, alone));
    }

    private static String compared(double meanwhile, double alone) {
        return String.format(Locale.ROOT, "%.1f ms, ratio %.2f", meanwhile, meanwhile / alone);
    }

    private static void urgeAll(ScrubCell cell) {
        for (PackView pack : cell.rows.packs().atStage(PackStage.SEALED, null, 1_000)) {
            cell.repair.scrub().urge(pack.pack());
        }
    }

    /** The worst of all looks while the scrub ran; the scrub is not waited for beyond it. */
    private double meanwhile(ScrubCell cell, ChunkStore store, Runnable scrub)
            throws InterruptedException {
        AtomicBoolean over = new AtomicBoolean();
        Thread thread =
                Thread.ofPlatform()
                        .start(() -> {
                            scrub.run();
                            over.set(true);
                        });
        double p99 = p99(cell, store);
        boolean covered = !over.get();
        thread.join();
        if (!covered) {
            figures.put("note", "a scrub ended before the reads beside it did: store more");
        }
        return p99;
    }

    /** Milliseconds in which 99 of 100 chunks are read, in no order. */
    private double p99(ScrubCell cell, ChunkStore store) {
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < READS; i++) {
            Sha256 hash = hashes.get(random.nextInt(hashes.size()));
            long start = System.nanoTime();
            store.read(hash, cell.location(hash));
            times.add((System.nanoTime() - start) / 1e6);
        }
        Collections.sort(times);
        return times.get(times.size() * 99 / 100);
    }
}
