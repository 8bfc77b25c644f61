package dev.holdfast.benchmarks;

import dev.holdfast.testing.process.Device;
import dev.holdfast.testing.process.Installation;
import dev.holdfast.testing.process.RunningProcess;
import dev.holdfast.testing.process.ServerProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/** A server with two devices of one account, and a clock and a memory meter around their runs. */
final class SyncWorkload implements AutoCloseable {
    private static final Duration RUN_LIMIT = Duration.ofMinutes(10);
    private static final long SAMPLE_NANOS = Duration.ofMillis(50).toNanos();

    private final ServerProcess server;
    private final Device a;
    private final Device b;

    /**
     * @param options of the server, beside those that it needs
     */
    SyncWorkload(Path scratch, String... options) {
        Installation installation = Installation.current(scratch.resolve("home"));
        server = ServerProcess.start(installation, scratch.resolve("data"), "127.0.0.1:0", options);
        try {
            String code = server.addAccount("bench");
            a = Device.link(installation, scratch.resolve("a"), server.url(), code, "a");
            code = server.newCode("bench");
            b = Device.link(installation, scratch.resolve("b"), server.url(), code, "b");
        } catch (AssertionError | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    ServerProcess server() {
        return server;
    }

    Device a() {
        return a;
    }

    Device b() {
        return b;
    }

    /** How long a run took and the most memory its process had. */
    record Timed(double seconds, long peakBytes) {}

    /** Runs a device until both sides are equal. */
    static Timed runOnce(Device device) {
        long start = System.nanoTime();
        long peak = 0;
        try (RunningProcess run = device.start("run", "--once")) {
            while (run.alive()) {
                if (System.nanoTime() - start > RUN_LIMIT.toNanos()) {
                    throw new IllegalStateException("no end within " + RUN_LIMIT + run.describe());
                }
                peak = Math.max(peak, run.peakResidentBytes().orElse(0L));
                LockSupport.parkNanos(SAMPLE_NANOS);
            }
            if (run.awaitExit(RUN_LIMIT) != 0) {
                throw new IllegalStateException("the run failed" + run.describe());
            }
        }
        return new Timed(secondsSince(start), peak);
    }

    static double secondsSince(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    static String seconds(double seconds) {
        return String.format(Locale.ROOT, "%.2f s", seconds);
    }

    static String mebibytes(long bytes) {
        return (bytes >> 20) + " MiB";
    }

    static String rate(long bytes, double seconds) {
        return String.format(Locale.ROOT, "%.0f MiB/s", bytes / seconds / (1 << 20));
    }

    static String ratio(double ratio) {
        return String.format(Locale.ROOT, "%.2f", ratio);
    }

    @Override
    public void close() {
        server.close();
    }
}
