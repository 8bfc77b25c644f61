package dev.holdfast.blockgc;

import static dev.holdfast.blockgc.GcWorld.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.PackStage;
import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.metadata.jobs.JobView;
import dev.holdfast.model.Answer;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OpResult;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * People upload, dedupe, commit, abandon and purge files while several workers collect with no
 * grace at all, crash at random steps and come back under other names, and readers read. Nothing
 * that a file names is ever missing, and in the end nothing else is left.
 */
class RandomHistoryTest {
    private static final int CHUNKS = 24;
    private static final int STEPS = 60;
    private static final int WORKERS = 3;
    private static final int PEOPLE = 2;

    /** No grace, small packs, and leases that a dead worker's successor soon gets. */
    private static final CollectorConfig EAGER =
            new CollectorConfig(
                    Duration.ZERO,
                    Duration.ZERO,
                    Duration.ZERO,
                    Duration.ofDays(400),
                    Duration.ofSeconds(1),
                    0.2,
                    64 << 20,
                    64 << 10,
                    3,
                    0.05,
                    10L << 30,
                    Duration.ofMinutes(5),
                    2);

    /** A file as its owner remembers it. */
    private record Remembered(NodeState node, List<byte[]> chunks) {}

    @Test
    void nothingReferencedIsEverMissingAndNothingElseStays() throws Exception {
        String chosen = System.getProperty("holdfast.seed");
        long first = chosen == null ? 20_261_122L : Long.parseLong(chosen);
        for (long seed = first; seed < first + (chosen == null ? 4 : 1); seed++) {
            try {
                history(seed);
            } catch (AssertionError | RuntimeException failure) {
                throw new AssertionError(
                        "seed "
                                + seed
                                + " failed; replay with: mvn -pl block-gc test"
                                + " -Dtest=RandomHistoryTest -Dholdfast.seed="
                                + seed,
                        failure);
            }
        }
    }

    private void history(long seed) throws Exception {
        try (GcWorld world = new GcWorld(seed)) {
            SplittableRandom random = new SplittableRandom(seed);
            List<byte[]> pool = new ArrayList<>();
            for (int i = 0; i < CHUNKS; i++) {
                pool.add(world.bytes(random.nextInt(100, 9_000)));
            }
            AtomicInteger crashes = new AtomicInteger();
            SplittableRandom faults = random.split();
            world.packs.fault(step -> {
                synchronized (faults) {
                    if (faults.nextInt(12) == 0) {
                        crashes.incrementAndGet();
                        throw new IOException("crash at " + step);
                    }
                }
            });
            Set<Remembered> files = ConcurrentHashMap.newKeySet();
            AtomicBoolean over = new AtomicBoolean();
            ExecutorService threads = Executors.newFixedThreadPool(WORKERS + PEOPLE + 1);
            try {
                List<Future<?>> workers = new ArrayList<>();
                for (int i = 0; i < WORKERS; i++) {
                    workers.add(threads.submit(() -> work(world, over)));
                }
                workers.add(threads.submit(() -> audit(world, over)));
                List<Future<?>> people = new ArrayList<>();
                for (int i = 0; i < PEOPLE; i++) {
                    SplittableRandom own = random.split();
                    people.add(threads.submit(() -> live(world, own, pool, files)));
                }
                for (Future<?> person : people) {
                    person.get(120, TimeUnit.SECONDS);
                }
                over.set(true);
                for (Future<?> worker : workers) {
                    worker.get(60, TimeUnit.SECONDS);
                }
            } finally {
                over.set(true);
                threads.shutdownNow();
                assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(crashes).as("crashes").hasPositiveValue();
            settle(world, files);
        }
    }

    private static void work(GcWorld world, AtomicBoolean over) {
        Collector collector = world.collector(EAGER);
        for (int run = 0; !over.get() && run < 10_000; run++) {
            GcReport report =
                    collector.run(
                            GcRequest.routine(), Thread.currentThread().threadId() + "/" + run);
            assertThat(report.refused()).as(String.valueOf(report.problem())).isEmpty();
            world.pass(Duration.ofMillis(300));
        }
    }

    /** An audit in the middle of it all finds nothing, or fails because it could not read. */
    private static void audit(GcWorld world, AtomicBoolean over) {
        for (int round = 0; !over.get() && round < 10_000; round++) {
            JobView job = AuditTest.audit(world);
            assertThat(world.rows.jobs().findings(job.id(), 0, 10)).isEmpty();
        }
    }

    private static void live(
            GcWorld world, SplittableRandom random, List<byte[]> pool, Set<Remembered> files) {
        List<Remembered> mine = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
            switch (random.nextInt(8)) {
                case 0, 1, 2, 3 -> upload(world, random, pool, mine, files);
                case 4, 5 -> {
                    if (!mine.isEmpty()) {
                        Remembered gone = mine.remove(random.nextInt(mine.size()));
                        files.remove(gone);
                        world.purge(gone.node());
                    }
                }
                case 6 -> world.pass(Duration.ofHours(random.nextInt(40)));
                default -> mine.forEach(file -> check(world, file));
            }
        }
    }

    private static void upload(
            GcWorld world,
            SplittableRandom random,
            List<byte[]> pool,
            List<Remembered> mine,
            Set<Remembered> files) {
        List<byte[]> chunks = new ArrayList<>();
        for (int i = random.nextInt(1, 6); i > 0; i--) {
            chunks.add(pool.get(random.nextInt(pool.size())));
        }
        UploadId upload = world.upload();
        if (!(world.send(upload, chunks) instanceof Answer.Ok<ContentId>(var content))) {
            // The clock of the others ran past its lease.
            return;
        }
        if (random.nextInt(4) == 0) {
            world.metadata.uploads().abandon(world.caller, upload);
            return;
        }
        OpResult created = world.create(content);
        if (created.done()) {
            Remembered file = new Remembered(Objects.requireNonNull(created.node()), chunks);
            mine.add(file);
            files.add(file);
            check(world, file);
        }
    }

    private static void check(GcWorld world, Remembered file) {
        List<byte[]> read = world.read(file.node());
        assertThat(read).hasSameSizeAs(file.chunks());
        for (int i = 0; i < read.size(); i++) {
            assertThat(Arrays.equals(read.get(i), file.chunks().get(i))).isTrue();
        }
    }

    /** Lets one healthy worker finish, and compares what is left with what the files name. */
    private static void settle(GcWorld world, Set<Remembered> files) {
        world.packs.fault(step -> {});
        world.pass(Duration.ofDays(8));
        Collector collector = world.collector(EAGER);
        for (int round = 0; round < 20; round++) {
            GcReport report = collector.run(NOW, "last/" + round);
            assertThat(report.state())
                    .as(String.valueOf(report.problem()))
                    .isEqualTo(BackgroundJobs.State.DONE);
            if (report.counts().isEmpty()) {
                break;
            }
        }
        files.forEach(file -> check(world, file));
        Set<Sha256> named = new HashSet<>();
        long live = 0;
        for (Remembered file : files) {
            for (byte[] chunk : file.chunks()) {
                if (named.add(Sha256.hash(chunk))) {
                    live += chunk.length + 64;
                }
            }
        }
        assertThat(AuditTest.findings(world)).isEmpty();
        var census = world.rows.packs().census();
        assertThat(census.candidates().values()).containsOnly(0L);
        long chunks = 0;
        long bytes = 0;
        long liveBytes = 0;
        long sparse = 0;
        for (var pack : world.rows.packs().atStage(PackStage.SEALED, null, 10_000)) {
            chunks += pack.liveChunks();
            bytes += pack.length();
            liveBytes += pack.liveBytes();
            // What little is dead in a dense pack stays there, and is not counted.
            sparse += CompactionChoice.settled(pack, EAGER) ? 0 : pack.deadBytes();
        }
        assertThat(chunks).as("chunks with a row").isEqualTo(named.size());
        assertThat(census.packs().get(PackStage.OPEN)).isZero();
        assertThat(census.packs().get(PackStage.TRASHED)).isZero();
        assertThat(census.packs().get(PackStage.DELETING)).isZero();
        assertThat(world.packs.files())
                .hasSize(Math.toIntExact(census.packs().getOrDefault(PackStage.SEALED, 0L)));
        assertThat(liveBytes + 64 * chunks).as("live bytes").isEqualTo(live);
        assertThat(sparse)
                .as("dead bytes of %s", bytes)
                .isLessThanOrEqualTo((long) (EAGER.deadShareMax() * bytes));
    }
}
