package dev.holdfast.benchmarks;

import dev.holdfast.testing.process.Device;
import dev.holdfast.testing.process.Folders;
import dev.holdfast.testing.process.RunningProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * A folder of 100,000 files: the first sync of both devices, the start of a client that finds
 * nothing changed, and what it costs to keep it running while nothing happens. {@code
 * -Dholdfast.bench.files=N} takes another number of files.
 */
public final class ManyFiles implements Scenario {
    private static final int FILES = Integer.getInteger("holdfast.bench.files", 100_000);
    private static final int IN_A_FOLDER = 100;
    private static final int BYTES = 1 << 10;
    private static final Duration READY_LIMIT = Duration.ofMinutes(5);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
    private static final long IDLE_SECONDS = 30;
    private static final long LOOK_NANOS = Duration.ofMillis(20).toNanos();

    @Override
    public String name() {
        return "many-files";
    }

    @Override
    public String description() {
        return "first sync, restart and idleness of a client with 100,000 files";
    }

    @Override
    public Map<String, String> run(Path scratch) throws Exception {
        Map<String, String> figures = new LinkedHashMap<>();
        figures.put("files", String.valueOf(FILES));
        try (SyncWorkload workload = new SyncWorkload(scratch)) {
            plant(workload.a().folder());
            put(figures, "A to server", SyncWorkload.runOnce(workload.a()));
            put(figures, "server to B", SyncWorkload.runOnce(workload.b()));
            if (!Folders.differences(workload.a().folder(), workload.b().folder()).isEmpty()) {
                throw new IllegalStateException("the two folders differ");
            }
            put(figures, "run --once with nothing to do", SyncWorkload.runOnce(workload.b()));
            running(workload.b(), figures);
        }
        return figures;
    }

    private static void put(Map<String, String> figures, String what, SyncWorkload.Timed timed) {
        figures.put(what, SyncWorkload.seconds(timed.seconds()));
        figures.put(what + ", memory peak", SyncWorkload.mebibytes(timed.peakBytes()));
    }

    private static void running(Device device, Map<String, String> figures) throws IOException {
        Path status = device.state().resolve("status.json");
        Files.deleteIfExists(status);
        long start = System.nanoTime();
        try (RunningProcess run = device.run()) {
            while (!upToDate(status)) {
                if (System.nanoTime() - start > READY_LIMIT.toNanos() || !run.alive()) {
                    throw new IllegalStateException("it does not come to rest" + run.describe());
                }
                LockSupport.parkNanos(LOOK_NANOS);
            }
            figures.put(
                    "restart, until it is up to date",
                    SyncWorkload.seconds(SyncWorkload.secondsSince(start)));
            // It goes on with what can wait: watches, compilation.
            pause(IDLE_SECONDS / 3);
            double before = HoldfastFolders.seconds(run);
            pause(IDLE_SECONDS);
            double used = HoldfastFolders.seconds(run) - before;
            figures.put(
                    "processor while idle",
                    String.format(Locale.ROOT, "%.2f %%", used / IDLE_SECONDS * 100));
            figures.put(
                    "memory while idle", SyncWorkload.mebibytes(run.residentBytes().orElse(0L)));
            figures.put(
                    "memory peak of the restart",
                    SyncWorkload.mebibytes(run.peakResidentBytes().orElse(0L)));
            run.terminate(STOP_LIMIT);
        }
    }

    private static boolean upToDate(Path status) {
        try {
            return Files.exists(status)
                    && Files.readString(status).contains("\"state\":\"up-to-date\"");
        } catch (IOException e) {
            // It is being replaced at this moment.
            return false;
        }
    }

    private static void pause(long seconds) {
        long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        while (System.nanoTime() < end) {
            LockSupport.parkNanos(end - System.nanoTime());
        }
    }

    private static void plant(Path folder) throws IOException {
        SplittableRandom random = new SplittableRandom(23);
        byte[] bytes = new byte[BYTES];
        for (int file = 0; file < FILES; file++) {
            Path in = folder.resolve("d" + file / IN_A_FOLDER);
            if (file % IN_A_FOLDER == 0) {
                Files.createDirectories(in);
            }
            random.nextBytes(bytes);
            Files.write(in.resolve("f" + file), bytes);
        }
    }
}
