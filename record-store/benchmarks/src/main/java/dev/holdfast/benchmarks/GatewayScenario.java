package dev.holdfast.benchmarks;

import dev.holdfast.benchmarks.HttpLoad.Rate;
import dev.holdfast.benchmarks.HttpLoad.RequestsPerConnection;
import dev.holdfast.testing.process.Installation;
import dev.holdfast.testing.process.ServerProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Requests a second and latencies of the gateway's routes, beside a Helidon route that does nothing
 * and routes that only copy and hash bytes; memory, processor time and wake-up latency with many
 * idle long polls. The loader runs on the same machine.
 */
public final class GatewayScenario implements Scenario {
    private static final int CONNECTIONS = Integer.getInteger("holdfast.bench.connections", 16);
    private static final int BYTE_CONNECTIONS = 4;
    private static final int WAITERS = Integer.getInteger("holdfast.bench.waiters", 10_000);
    private static final long RUN_NANOS =
            Duration.ofSeconds(Integer.getInteger("holdfast.bench.seconds", 5)).toNanos();
    private static final int OPS = 100;
    private static final int BODY_BYTES = 4 << 20;

    @Override
    public String name() {
        return "gateway";
    }

    @Override
    public String description() {
        return "requests/s of stat, changes, ops and chunks against bare routes; idle long polls";
    }

    @Override
    public Map<String, String> run(Path scratch) throws Exception {
        Map<String, String> figures = new LinkedHashMap<>();
        Installation installation = Installation.current(scratch.resolve("home"));
        Process bare = bare(scratch.resolve("bare"));
        ServerProcess server =
                ServerProcess.start(installation, scratch.resolve("data"), "127.0.0.1:0");
        try {
            String port =
                    new BufferedReader(
                                    new InputStreamReader(
                                            bare.getInputStream(), StandardCharsets.UTF_8))
                            .readLine();
            requests(server, "http://127.0.0.1:" + port, figures);
            IdlePolls.measure(server, WAITERS, figures);
            server.stop();
        } finally {
            server.close();
            bare.destroy();
            bare.waitFor(10, TimeUnit.SECONDS);
        }
        return figures;
    }

    private static Process bare(Path directory) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        BareRoutes.class.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    private static void requests(ServerProcess server, String bareUrl, Map<String, String> figures)
            throws Exception {
        HttpLoad few = new HttpLoad(server.url(), CONNECTIONS, RUN_NANOS);
        HttpLoad bare = new HttpLoad(bareUrl, CONNECTIONS, RUN_NANOS);
        BenchmarkDevice device = BenchmarkDevice.link(server, "requests");
        Rate nothing = bare.run(same(HttpLoad.request("GET", "/nothing", "x", new byte[0], "")));
        figures.put("a route that does nothing", nothing.text());
        report(figures, "stat", few.run(same(device.stat())), nothing);
        device = BenchmarkDevice.link(server, "changes");
        report(figures, "changes, empty", few.run(same(device.changes())), nothing);
        for (int ops : new int[] {1, OPS}) {
            BenchmarkDevice[] writers = devices(server, CONNECTIONS, "ops" + ops);
            Rate rate = few.run(connection -> () -> writers[connection].ops(ops));
            report(figures, "ops of " + ops, rate, nothing);
        }
        bytes(server, bareUrl, figures, "4 KiB", BareRoutes.SMALL_BYTES, "/small");
        bytes(server, bareUrl, figures, "1 MiB", BareRoutes.LARGE_BYTES, "/large");
    }

    private static void bytes(
            ServerProcess server,
            String bareUrl,
            Map<String, String> figures,
            String size,
            int length,
            String download)
            throws Exception {
        HttpLoad bare = new HttpLoad(bareUrl, BYTE_CONNECTIONS, RUN_NANOS);
        HttpLoad load = new HttpLoad(server.url(), BYTE_CONNECTIONS, RUN_NANOS);
        byte[] body = new byte[length];
        Rate hashed =
                bare.run(
                        same(
                                HttpLoad.request(
                                        "PUT", "/hash", "x", body, "application/octet-stream")));
        figures.put("a route that hashes " + size, hashed.text());
        BenchmarkDevice[] writers = devices(server, BYTE_CONNECTIONS, "up" + length);
        BenchmarkDevice reader = writers[0];
        byte[] content = reader.contentOf(length);
        Rate up = load.run(connection -> () -> writers[connection].chunk(length));
        report(figures, "upload of a chunk of " + size, up, hashed);
        untilHdfs(bare, load, reader, size, length, figures);
        Rate given = bare.run(same(HttpLoad.request("GET", download, "x", new byte[0], "")));
        figures.put("a route that hashes and gives " + size, given.text());
        Rate down = load.run(same(content));
        report(figures, "download of " + size, down, given);
        Rate read =
                bare.run(same(HttpLoad.request("GET", "/stored" + download, "x", new byte[0], "")));
        report(
                figures,
                "the same, beside a route that reads its " + size + " from HDFS",
                down,
                read);
    }

    /**
     * Bodies of many chunks, as a client sends them, of which none is what it says it is: all that
     * comes before HDFS is done for them, and nothing after.
     */
    private static void untilHdfs(
            HttpLoad bare,
            HttpLoad load,
            BenchmarkDevice device,
            String size,
            int length,
            Map<String, String> figures)
            throws Exception {
        byte[] frames = device.wrongChunks(length, BODY_BYTES / length);
        byte[] plain = new byte[BODY_BYTES / length * length];
        Rate hashed =
                bare.run(
                        same(
                                HttpLoad.request(
                                        "PUT", "/hash", "x", plain, "application/octet-stream")));
        report(
                figures,
                "upload of 4 MiB in chunks of " + size + ", as far as HDFS",
                load.run(same(frames)),
                hashed);
    }

    private static BenchmarkDevice[] devices(ServerProcess server, int count, String name)
            throws Exception {
        BenchmarkDevice[] devices = new BenchmarkDevice[count];
        for (int i = 0; i < count; i++) {
            devices[i] = BenchmarkDevice.link(server, name + "-" + i);
        }
        return devices;
    }

    private static RequestsPerConnection same(byte[] request) {
        return connection -> () -> request;
    }

    private static void report(Map<String, String> figures, String what, Rate ours, Rate bare) {
        figures.put(
                what,
                ours.text()
                        + String.format(
                                Locale.ROOT, ", ratio %.2f", ours.perSecond() / bare.perSecond()));
    }
}
