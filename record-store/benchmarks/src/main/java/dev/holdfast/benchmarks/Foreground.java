package dev.holdfast.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.WireJson;
import dev.holdfast.testing.process.ServerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Somebody who reads files and somebody who stores files, each at a steady rate, and how long each
 * request takes from the moment at which it was due. Any answer but the right one is a failure.
 */
final class Foreground implements AutoCloseable {
    private static final int FILES = 50;
    private static final int FILE_BYTES = 64 << 10;
    private static final Duration READ_EVERY = Duration.ofMillis(20);
    private static final Duration STORE_EVERY = Duration.ofMillis(50);

    private final SplittableRandom random = new SplittableRandom(3);
    private final HttpClient client = HttpClient.newHttpClient();
    private final String url;
    private final String token;
    private final String ns;
    private final List<String> nodes = new ArrayList<>();
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private final List<Thread> threads = new ArrayList<>();
    private final Queue<Taken> reads = new ConcurrentLinkedQueue<>();
    private final Queue<Taken> stores = new ConcurrentLinkedQueue<>();

    /** One request: when it was answered, and how long it took. */
    private record Taken(long atMillis, long nanos) {}

    Foreground(ServerProcess server) throws IOException, InterruptedException {
        url = server.url();
        byte[] secret = new byte[32];
        random.nextBytes(secret);
        token = Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
        String body =
                "{\"code\":\"%s\",\"token_hash\":\"%s\",\"name\":\"f\",\"platform\":\"bench\"}"
                        .formatted(
                                server.addAccount("foreground"),
                                Sha256.hash(token.getBytes(StandardCharsets.US_ASCII)));
        JsonNode device =
                answer(
                        HttpRequest.newBuilder(URI.create(url + "/v1/devices"))
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(body)));
        ns = device.path("namespaces").path(0).path("namespace").asText();
        for (int file = 0; file < FILES; file++) {
            nodes.add(store("kept" + file));
        }
    }

    private JsonNode answer(HttpRequest.Builder request) throws IOException, InterruptedException {
        return WireJson.mapper()
                .readTree(good(client.send(request.build(), HttpResponse.BodyHandlers.ofString())));
    }

    private static <T> T good(HttpResponse<T> answer) throws IOException {
        if (answer.statusCode() / 100 != 2) {
            throw new IOException(answer.request().uri() + " answered " + answer.statusCode());
        }
        return answer.body();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url + "/v1/namespaces/" + ns + path))
                .header("Authorization", "Bearer " + token);
    }

    private String store(String name) throws IOException, InterruptedException {
        byte[] bytes = new byte[FILE_BYTES];
        random.nextBytes(bytes);
        return answer(
                        request("/files/by-path?path=/" + name)
                                .header("If-None-Match", "*")
                                .PUT(HttpRequest.BodyPublishers.ofByteArray(bytes)))
                .path("node")
                .asText();
    }

    private void read(int file) throws IOException, InterruptedException {
        byte[] bytes =
                good(
                        client.send(
                                request("/nodes/" + nodes.get(file % FILES) + "/content").build(),
                                HttpResponse.BodyHandlers.ofByteArray()));
        if (bytes.length != FILE_BYTES) {
            throw new IOException("a read gave " + bytes.length + " bytes");
        }
    }

    private interface Request {
        void send(int number) throws IOException, InterruptedException;
    }

    void start() {
        threads.add(steady("reader", READ_EVERY, reads, this::read));
        threads.add(steady("storer", STORE_EVERY, stores, number -> store("new" + number)));
    }

    private Thread steady(String name, Duration every, Queue<Taken> into, Request request) {
        return Thread.ofPlatform()
                .name(name)
                .start(() -> {
                    long due = System.nanoTime();
                    try {
                        for (int number = 0; !over.get(); number++) {
                            LockSupport.parkNanos(due - System.nanoTime());
                            request.send(number);
                            into.add(
                                    new Taken(System.currentTimeMillis(), System.nanoTime() - due));
                            // Nobody sends what has queued up here; he waits for one at a time.
                            due = Math.max(due + every.toNanos(), System.nanoTime());
                        }
                    } catch (IOException e) {
                        failure.compareAndSet(null, e);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
    }

    /** Latencies between two moments of the clock. */
    record Latency(int requests, double p50Millis, double p99Millis) {
        String text() {
            return String.format(
                    Locale.ROOT, "p50 %.1f ms, p99 %.1f ms (%d)", p50Millis, p99Millis, requests);
        }
    }

    Latency reads(long fromMillis, long toMillis) throws IOException {
        return latency(reads, fromMillis, toMillis);
    }

    Latency stores(long fromMillis, long toMillis) throws IOException {
        return latency(stores, fromMillis, toMillis);
    }

    private Latency latency(Queue<Taken> taken, long fromMillis, long toMillis) throws IOException {
        Exception failed = failure.get();
        if (failed != null) {
            throw new IOException("a request failed", failed);
        }
        long[] nanos =
                taken.stream()
                        .filter(t -> t.atMillis() >= fromMillis && t.atMillis() <= toMillis)
                        .mapToLong(Taken::nanos)
                        .toArray();
        if (nanos.length == 0) {
            throw new IOException("no request was answered meanwhile");
        }
        Arrays.sort(nanos);
        return new Latency(
                nanos.length,
                nanos[nanos.length / 2] / 1e6,
                nanos[(int) (nanos.length * 0.99)] / 1e6);
    }

    @Override
    public void close() {
        over.set(true);
        threads.forEach(Thread::interrupt);
        client.close();
    }
}
