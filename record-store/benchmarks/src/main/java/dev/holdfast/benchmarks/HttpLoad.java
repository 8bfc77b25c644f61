package dev.holdfast.benchmarks;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Sends HTTP/1.1 requests over a few connections, each one after the other, for some seconds. It
 * parses no more than it has to: it shares the processors with what it measures.
 */
final class HttpLoad {
    private static final int TIMEOUT_MILLIS = 60_000;
    private static final int BUFFER_BYTES = 64 << 10;
    private static final int WARM_UP_SHARE = 3;

    private final int port;
    private final int connections;
    private final long runNanos;

    /**
     * A load.
     *
     * @param url the server, on this machine
     */
    HttpLoad(String url, int connections, long runNanos) {
        this.port = URI.create(url).getPort();
        this.connections = connections;
        this.runNanos = runNanos;
    }

    /** Makes requests; for one connection, so for one thread. */
    interface Requests {
        byte[] next();
    }

    /** Makes what one connection sends. */
    interface RequestsPerConnection {
        Requests of(int connection);
    }

    /** Requests a second, and latencies in microseconds. */
    record Rate(double perSecond, double p50Micros, double p99Micros) {
        String text() {
            return String.format(
                    Locale.ROOT,
                    "%.0f/s (p50 %.0f us, p99 %.0f us)",
                    perSecond,
                    p50Micros,
                    p99Micros);
        }

        static Rate of(long[] nanos, double seconds) {
            Arrays.sort(nanos);
            return new Rate(
                    nanos.length / seconds,
                    nanos[nanos.length / 2] / 1e3,
                    nanos[(int) (nanos.length * 0.99)] / 1e3);
        }
    }

    static byte[] request(String method, String path, String token, byte[] body, String type) {
        String head =
                method
                        + " "
                        + path
                        + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                        + token
                        + (type.isEmpty() ? "" : "\r\nContent-Type: " + type)
                        + (body.length == 0 ? "" : "\r\nContent-Length: " + body.length)
                        + "\r\n\r\n";
        byte[] start = head.getBytes(StandardCharsets.US_ASCII);
        byte[] whole = Arrays.copyOf(start, start.length + body.length);
        System.arraycopy(body, 0, whole, start.length, body.length);
        return whole;
    }

    /** Runs the load, after a shorter one of the same kind that does not count. */
    Rate run(RequestsPerConnection requests) throws InterruptedException, ExecutionException {
        run(requests, runNanos / WARM_UP_SHARE);
        return run(requests, runNanos);
    }

    private Rate run(RequestsPerConnection requests, long nanos)
            throws InterruptedException, ExecutionException {
        List<Future<long[]>> running = new ArrayList<>();
        long start = System.nanoTime();
        long end = start + nanos;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < connections; i++) {
                Requests mine = requests.of(i);
                running.add(threads.submit(() -> send(mine, end)));
            }
        }
        List<long[]> latencies = new ArrayList<>();
        for (Future<long[]> one : running) {
            latencies.add(one.get());
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        return Rate.of(latencies.stream().flatMapToLong(Arrays::stream).toArray(), seconds);
    }

    private long[] send(Requests requests, long end) throws IOException {
        long[] latencies = new long[1_024];
        int done = 0;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.setTcpNoDelay(true);
            InputStream in = new BufferedInputStream(socket.getInputStream(), BUFFER_BYTES);
            while (done == 0 || System.nanoTime() < end) {
                byte[] request = requests.next();
                long start = System.nanoTime();
                socket.getOutputStream().write(request);
                receive(in);
                if (done == latencies.length) {
                    latencies = Arrays.copyOf(latencies, 2 * done);
                }
                latencies[done++] = System.nanoTime() - start;
            }
        }
        return Arrays.copyOf(latencies, done);
    }

    /** Reads one answer away and answers its body; anything but success is a failure. */
    static byte[] receive(InputStream in) throws IOException {
        String first = line(in);
        int length = 0;
        boolean chunked = false;
        String header = line(in);
        while (!header.isEmpty()) {
            String lower = header.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length:")) {
                length = Integer.parseInt(lower.substring(15).strip());
            } else if (lower.startsWith("transfer-encoding:")) {
                chunked = true;
            }
            header = line(in);
        }
        byte[] body = chunked ? chunks(in) : in.readNBytes(length);
        if (!first.startsWith("HTTP/1.1 2")) {
            throw new IOException(first + " " + new String(body, StandardCharsets.UTF_8));
        }
        return body;
    }

    private static byte[] chunks(InputStream in) throws IOException {
        byte[] all = new byte[0];
        int length = Integer.parseInt(line(in), 16);
        while (length > 0) {
            byte[] part = in.readNBytes(length);
            all = Arrays.copyOf(all, all.length + length);
            System.arraycopy(part, 0, all, all.length - length, length);
            line(in);
            length = Integer.parseInt(line(in), 16);
        }
        line(in);
        return all;
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        int next = in.read();
        while (next != '\n') {
            if (next < 0) {
                throw new EOFException("the server closed the connection");
            }
            if (next != '\r') {
                line.append((char) next);
            }
            next = in.read();
        }
        return line.toString();
    }
}
