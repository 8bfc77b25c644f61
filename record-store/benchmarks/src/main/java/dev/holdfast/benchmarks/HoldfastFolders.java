package dev.holdfast.benchmarks;

import dev.holdfast.testing.process.Device;
import dev.holdfast.testing.process.Installation;
import dev.holdfast.testing.process.RunningProcess;
import dev.holdfast.testing.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

/** Two running clients of one account, each behind a meter. */
final class HoldfastFolders implements TwoFolders {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);

    private final ServerProcess server;
    private final WireMeter meterA;
    private final WireMeter meterB;
    private final Device a;
    private final Device b;
    private final RunningProcess runA;
    private final RunningProcess runB;

    HoldfastFolders(Path scratch) throws IOException {
        Installation installation = Installation.current(scratch.resolve("home"));
        server = ServerProcess.start(installation, scratch.resolve("data"), "127.0.0.1:0");
        meterA = new WireMeter(server.url());
        meterB = new WireMeter(server.url());
        String code = server.addAccount("bench");
        a = Device.link(installation, scratch.resolve("a"), meterA.url(), code, "a");
        code = server.newCode("bench");
        b = Device.link(installation, scratch.resolve("b"), meterB.url(), code, "b");
        runA = a.start("run", "--max-delete", "off");
        runB = b.start("run", "--max-delete", "off");
    }

    @Override
    public Path from() {
        return a.folder();
    }

    @Override
    public Path to() {
        return b.folder();
    }

    @Override
    public long wireBytes() {
        return meterA.up() + meterA.down() + meterB.up() + meterB.down();
    }

    @Override
    public double processorSeconds() {
        return seconds(runA) + seconds(runB);
    }

    /** Processor time so far of a process and of those that it has started. */
    static double seconds(RunningProcess run) {
        return all(run).flatMap(process -> process.info().totalCpuDuration().stream())
                .mapToDouble(time -> time.toMillis() / 1_000.0)
                .sum();
    }

    /** A process that runs, and those that it has started. */
    static Stream<ProcessHandle> all(RunningProcess run) {
        return ProcessHandle.of(run.pid()).stream()
                .flatMap(process -> Stream.concat(Stream.of(process), process.descendants()));
    }

    @Override
    public long peakBytes() {
        return Math.max(runA.peakResidentBytes().orElse(0L), runB.peakResidentBytes().orElse(0L));
    }

    @Override
    public String describe() {
        return runA.describe() + runB.describe();
    }

    @Override
    public void close() throws IOException {
        runA.terminate(STOP_LIMIT);
        runB.terminate(STOP_LIMIT);
        runA.close();
        runB.close();
        meterA.close();
        meterB.close();
        server.close();
    }
}
