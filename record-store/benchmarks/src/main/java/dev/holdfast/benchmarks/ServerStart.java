package dev.holdfast.benchmarks;

import dev.holdfast.testing.process.Installation;
import dev.holdfast.testing.process.ServerProcess;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** How long {@code holdfast up} takes until it is ready: new, and on data that is there. */
public final class ServerStart implements Scenario {
    private static final int RESTARTS = 3;

    @Override
    public String name() {
        return "start";
    }

    @Override
    public String description() {
        return "from `holdfast up` to `ready`, on a new data directory and on an old one";
    }

    @Override
    public Map<String, String> run(Path scratch) {
        Map<String, String> figures = new LinkedHashMap<>();
        Installation installation = Installation.current(scratch.resolve("home"));
        long start = System.nanoTime();
        ServerProcess server =
                ServerProcess.start(installation, scratch.resolve("data"), "127.0.0.1:0");
        figures.put("new data directory", SyncWorkload.seconds(SyncWorkload.secondsSince(start)));
        server.stop();
        for (int restart = 1; restart <= RESTARTS; restart++) {
            start = System.nanoTime();
            server = server.restart();
            figures.put(
                    "restart " + restart, SyncWorkload.seconds(SyncWorkload.secondsSince(start)));
            figures.put(
                    "memory idle after restart " + restart,
                    SyncWorkload.mebibytes(server.process().residentBytes().orElse(0L)));
            server.stop();
        }
        return figures;
    }
}
