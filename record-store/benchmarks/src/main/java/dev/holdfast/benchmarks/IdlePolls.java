package dev.holdfast.benchmarks;

import dev.holdfast.testing.process.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** Many devices wait for the feed: what they cost, and how long one of them takes to be woken. */
final class IdlePolls {
    private static final int WAKES = 200;
    private static final int WAIT_SECONDS = 55;
    private static final Duration SETTLE = Duration.ofSeconds(3);

    /** Polls end after {@link #WAIT_SECONDS}; by then all have to be there and be measured. */
    private static final Duration ARRIVAL = Duration.ofSeconds(25);

    private static final double MEBIBYTE = 1 << 20;

    private IdlePolls() {}

    static void measure(ServerProcess server, int count, Map<String, String> figures)
            throws Exception {
        BenchmarkDevice idle = BenchmarkDevice.link(server, "idle");
        BenchmarkDevice woken = BenchmarkDevice.link(server, "woken");
        byte[] poll = idle.poll(WAIT_SECONDS);
        long before = server.process().residentBytes().orElse(0L);
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                Socket socket = open(server);
                sockets.add(socket);
                socket.getOutputStream().write(poll);
            }
            awaitWaiters(server, count);
            rest(SETTLE);
            long after = server.process().residentBytes().orElse(0L);
            figures.put(
                    "memory of " + count + " idle polls",
                    String.format(Locale.ROOT, "%.0f MiB", (after - before) / MEBIBYTE));
            figures.put("waiters then", "" + (int) server.metric("holdfast_feed_waiters"));
            figures.put("processor time of idle polls", processor(server));
            wake(server, woken, figures);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    /** The last of them may still be on their way to where they wait. */
    private static void awaitWaiters(ServerProcess server, int count) {
        long end = System.nanoTime() + ARRIVAL.toNanos();
        while (server.metric("holdfast_feed_waiters") < count) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException(
                        "only "
                                + (int) server.metric("holdfast_feed_waiters")
                                + " of "
                                + count
                                + " polls wait");
            }
            rest(Duration.ofMillis(100));
        }
    }

    private static String processor(ServerProcess server) {
        double before = server.metric("process_cpu_seconds_total");
        long start = System.nanoTime();
        rest(SETTLE);
        double used = server.metric("process_cpu_seconds_total") - before;
        return String.format(
                Locale.ROOT,
                "%.1f %% of one processor",
                used / ((System.nanoTime() - start) / 1e9) * 100);
    }

    private static void wake(
            ServerProcess server, BenchmarkDevice device, Map<String, String> figures)
            throws IOException, InterruptedException {
        long[] nanos = new long[WAKES];
        for (int i = 0; i < WAKES; i++) {
            try (Socket socket = open(server)) {
                socket.getOutputStream().write(device.poll(WAIT_SECONDS));
                rest(Duration.ofMillis(50));
                Thread writer =
                        Thread.ofVirtual()
                                .start(() -> {
                                    try {
                                        device.change();
                                    } catch (IOException e) {
                                        throw new UncheckedIOException(e);
                                    } catch (InterruptedException e) {
                                        Thread.currentThread().interrupt();
                                    }
                                });
                long start = System.nanoTime();
                HttpLoad.receive(socket.getInputStream());
                nanos[i] = System.nanoTime() - start;
                writer.join();
            }
        }
        Arrays.sort(nanos);
        figures.put(
                "one woken among them",
                String.format(
                        Locale.ROOT,
                        "p50 %.1f ms, p99 %.1f ms, at most %.1f ms, with the operation itself",
                        nanos[WAKES / 2] / 1e6,
                        nanos[(int) (WAKES * 0.99)] / 1e6,
                        nanos[WAKES - 1] / 1e6));
    }

    private static Socket open(ServerProcess server) throws IOException {
        int port = URI.create(server.url()).getPort();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        return socket;
    }

    private static void rest(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            LockSupport.parkNanos(end - System.nanoTime());
        }
    }
}
