package dev.holdfast.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One reader and one uploader that send request after request, as fast as they are answered, and
 * try nothing twice: the first answer that is not the right one is kept as the failure.
 */
final class LiveLoad implements AutoCloseable {
    private static final int FILES = 12;
    private static final int FILE_BYTES = 300_000;

    private final HttpClient client = HttpClient.newHttpClient();
    private final String url;
    private final String token;
    private final String ns;
    private final List<byte[]> kept = new ArrayList<>();
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final List<Long> reads = Collections.synchronizedList(new ArrayList<>());
    private final List<Long> uploads = Collections.synchronizedList(new ArrayList<>());
    private final List<Thread> threads = new ArrayList<>();

    /** An account of its own with some files, and nothing asked yet. */
    LiveLoad(ServerProcess server, String account, Random random)
            throws IOException, InterruptedException {
        url = server.url();
        byte[] secret = new byte[32];
        random.nextBytes(secret);
        token = Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
        String body =
                "{\"code\":\"%s\",\"token_hash\":\"%s\",\"name\":\"live\",\"platform\":\"test\"}"
                        .formatted(
                                server.addAccount(account),
                                Sha256.hash(token.getBytes(StandardCharsets.US_ASCII)));
        HttpResponse<String> registered =
                client.send(
                        HttpRequest.newBuilder(URI.create(url + "/v1/devices"))
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(registered.statusCode()).as(registered.body()).isEqualTo(201);
        JsonNode device = WireJson.mapper().readTree(registered.body());
        ns = device.path("namespaces").path(0).path("namespace").asText();
        List<String> nodes = new ArrayList<>();
        for (int file = 0; file < FILES; file++) {
            kept.add(Lab.bytes(random.nextLong(), FILE_BYTES));
            nodes.add(put("kept" + file, kept.getLast()));
        }
        threads.add(thread("reader", () -> readAll(nodes)));
        threads.add(
                thread(
                        "uploader",
                        () -> {
                            for (int file = 0; !over.get(); file++) {
                                byte[] bytes = Lab.bytes(random.nextLong(), FILE_BYTES);
                                long start = System.nanoTime();
                                put("new" + file, bytes);
                                uploads.add(System.nanoTime() - start);
                            }
                        }));
    }

    private interface Work {
        void run() throws IOException, InterruptedException;
    }

    private Thread thread(String name, Work work) {
        return Thread.ofVirtual()
                .name(name)
                .unstarted(() -> {
                    try {
                        work.run();
                    } catch (InterruptedException | IOException | AssertionError e) {
                        failure.compareAndSet(null, e);
                    }
                });
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url + "/v1/namespaces/" + ns + path))
                .header("Authorization", "Bearer " + token);
    }

    private String put(String name, byte[] bytes) throws IOException, InterruptedException {
        HttpResponse<String> answer =
                client.send(
                        request("/files/by-path?path=/" + name)
                                .header("If-None-Match", "*")
                                .PUT(HttpRequest.BodyPublishers.ofByteArray(bytes))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as("an upload: " + answer.body()).isBetween(200, 299);
        return WireJson.mapper().readTree(answer.body()).path("node").asText();
    }

    private void readAll(List<String> nodes) throws IOException, InterruptedException {
        for (int file = 0; !over.get(); file = (file + 1) % FILES) {
            long start = System.nanoTime();
            HttpResponse<byte[]> answer =
                    client.send(
                            request("/nodes/" + nodes.get(file) + "/content").build(),
                            HttpResponse.BodyHandlers.ofByteArray());
            reads.add(System.nanoTime() - start);
            assertThat(answer.statusCode()).as("a read").isEqualTo(200);
            assertThat(Arrays.equals(answer.body(), kept.get(file))).as("its bytes").isTrue();
        }
    }

    void start() {
        threads.forEach(Thread::start);
    }

    /** How long requests took since it was asked last. */
    record Latency(int requests, double p50Millis, double p99Millis) {
        static Latency of(List<Long> taken) {
            List<Long> sorted;
            synchronized (taken) {
                sorted = new ArrayList<>(taken);
                taken.clear();
            }
            assertThat(sorted).as("requests that were answered").isNotEmpty();
            Collections.sort(sorted);
            return new Latency(
                    sorted.size(),
                    sorted.get(sorted.size() / 2) / 1e6,
                    sorted.get((int) (sorted.size() * 0.99)) / 1e6);
        }
    }

    Latency readLatency() {
        return Latency.of(reads);
    }

    Latency uploadLatency() {
        return Latency.of(uploads);
    }

    int answered() {
        return Math.min(reads.size(), uploads.size());
    }

    /** Ends both, each after the request it is in, and fails if one of all failed. */
    void finish() throws InterruptedException {
        over.set(true);
        for (Thread thread : threads) {
            thread.join(java.time.Duration.ofMinutes(1));
        }
        assertThat(failure.get()).as("the first request that failed").isNull();
    }

    @Override
    public void close() {
        over.set(true);
        threads.forEach(Thread::interrupt);
        client.close();
    }
}
