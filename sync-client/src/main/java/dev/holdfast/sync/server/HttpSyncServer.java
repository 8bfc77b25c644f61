package dev.holdfast.sync.server;

import com.fasterxml.jackson.core.JacksonException;
import dev.holdfast.model.DeviceId;
import dev.holdfast.model.Limits;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.frames.Frame;
import dev.holdfast.model.frames.FrameReader;
import dev.holdfast.model.frames.FrameWriter;
import dev.holdfast.model.wire.Ack;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.ChunkReadRequest;
import dev.holdfast.model.wire.ChunkUploadResult;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeclarationResult;
import dev.holdfast.model.wire.DeviceRegistered;
import dev.holdfast.model.wire.DeviceRegistration;
import dev.holdfast.model.wire.LinkCode;
import dev.holdfast.model.wire.Manifest;
import dev.holdfast.model.wire.NamespaceList;
import dev.holdfast.model.wire.NodeList;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResults;
import dev.holdfast.model.wire.Problem;
import dev.holdfast.model.wire.UploadStart;
import dev.holdfast.model.wire.UploadState;
import dev.holdfast.model.wire.VersionList;
import dev.holdfast.model.wire.WantedChunks;
import dev.holdfast.model.wire.WireJson;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The server over HTTP/1.1. Blocking calls, made for virtual threads. */
public final class HttpSyncServer implements SyncServer, PastServer, AutoCloseable {
    private static final Duration CONNECT_TIME_MAX = Duration.ofSeconds(10);
    private static final Duration REQUEST_TIME_MAX = Duration.ofMinutes(2);

    /** What becomes of a line on which nothing moves is no better for waiting longer. */
    static final Patience PATIENCE =
            new Patience(Duration.ofMinutes(1), Duration.ofMinutes(4), Duration.ofSeconds(150));

    /**
     * How long the other end may take for its part.
     *
     * @param piece of a body, to take it
     * @param answer to a body of chunks, which may still lie in buffers on the way
     * @param read to send something more of an answer
     */
    record Patience(Duration piece, Duration answer, Duration read) {}

    /** A body that goes slower than this, four of them at once, is given up and sent again. */
    private static final long BODY_BYTES_PER_SECOND_MIN = 8 << 10;

    /** Bodies that may share a limited rate. */
    private static final int BODIES_AT_ONCE_MAX = 16;

    private static final int PROBLEM_BYTES_MAX = 64 << 10;
    private static final int READ_BUFFER_BYTES = 64 << 10;
    private static final String JSON = "application/json";
    private static final String FRAMES = "application/vnd.holdfast.frames";

    private final HttpClient client;
    private final HttpClient feedClient;
    private final String base;
    private final @Nullable String token;
    private final Throttle up;
    private final Throttle down;
    private final Patience patience;

    /**
     * A connection to one server, as fast as it goes.
     *
     * @param base scheme, host and port, without a slash at the end
     * @param token null before the device is linked
     */
    public HttpSyncServer(URI base, @Nullable String token, ServerTrust trust) {
        this(base, token, trust, Throttle.system(), Throttle.system());
    }

    /**
     * A connection whose transfers of chunks are throttled.
     *
     * @param base scheme, host and port, without a slash at the end
     * @param token null before the device is linked
     */
    public HttpSyncServer(
            URI base, @Nullable String token, ServerTrust trust, Throttle up, Throttle down) {
        this(base, token, trust, up, down, PATIENCE);
    }

    HttpSyncServer(
            URI base,
            @Nullable String token,
            ServerTrust trust,
            Throttle up,
            Throttle down,
            Patience patience) {
        this.patience = patience;
        this.up = up;
        this.down = down;
        String text = base.toString();
        this.base = text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
        this.token = token;
        this.client = newClient(trust);
        this.feedClient = newClient(trust);
    }

    private static HttpClient newClient(ServerTrust trust) {
        HttpClient.Builder builder =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .followRedirects(HttpClient.Redirect.NEVER)
                        .connectTimeout(CONNECT_TIME_MAX);
        if (trust.context() != null) {
            builder.sslContext(trust.context());
        }
        return builder.build();
    }

    /** Registers this device; the same code and token again answer alike. */
    public DeviceRegistered register(DeviceRegistration registration) throws IOException {
        return post("/v1/devices", registration, DeviceRegistered.class);
    }

    public void revoke(DeviceId device) throws IOException {
        nothing(request("/v1/devices/" + device).DELETE());
    }

    public LinkCode newLinkCode() throws IOException {
        return json(
                request("/v1/link-codes").POST(HttpRequest.BodyPublishers.noBody()),
                LinkCode.class);
    }

    @Override
    public NamespaceList namespaces() throws IOException {
        return json(request("/v1/namespaces").GET(), NamespaceList.class);
    }

    @Override
    public void begin(UploadStart start) throws IOException {
        post("/v1/uploads", start, UploadState.class);
    }

    @Override
    public void abandon(UploadId upload) throws IOException {
        nothing(request("/v1/uploads/" + upload).DELETE());
    }

    @Override
    public DeclarationResult declare(UploadId upload, Declaration declaration) throws IOException {
        return post("/v1/uploads/" + upload + "/files", declaration, DeclarationResult.class);
    }

    @Override
    public ChunkUploadResult send(UploadId upload, List<Frame.Chunk> chunks) throws IOException {
        up.check();
        BodyParts body = new BodyParts();
        FrameWriter writer = new FrameWriter(body);
        for (Frame.Chunk chunk : chunks) {
            writer.chunk(chunk);
        }
        writer.end();
        long rate = up.limit();
        HttpRequest.BodyPublisher publisher = rate == 0 ? body.publisher() : body.publisherAt(up);
        long slowest = rate == 0 ? BODY_BYTES_PER_SECOND_MIN : rate / BODIES_AT_ONCE_MAX;
        long slowestSeconds = publisher.contentLength() / slowest;
        CompletableFuture<HttpResponse<byte[]>> answer = new CompletableFuture<>();
        try (StallWatch watch = new StallWatch(() -> answer.cancel(true))) {
            watch.arm(REQUEST_TIME_MAX);
            HttpRequest request =
                    request("/v1/uploads/" + upload + "/chunks")
                            .timeout(REQUEST_TIME_MAX.plusSeconds(slowestSeconds))
                            .header("Content-Type", FRAMES)
                            .POST(watch.watched(publisher, patience.piece(), patience.answer()))
                            .build();
            return parsed(
                    call(client, request, HttpResponse.BodyHandlers.ofByteArray(), answer),
                    ChunkUploadResult.class);
        }
    }

    @Override
    public OpResults apply(NamespaceId namespace, OpBatch batch) throws IOException {
        return post("/v1/namespaces/" + namespace + "/ops", batch, OpResults.class);
    }

    @Override
    public ChangesPage changes(NamespaceId namespace, @Nullable String cursor, int waitSeconds)
            throws IOException {
        return changes(namespace, cursor, waitSeconds, "");
    }

    @Override
    public ChangesPage listen(
            NamespaceId namespace, String cursor, String wantedAfter, int waitSeconds)
            throws IOException {
        return changes(namespace, cursor, waitSeconds, "&wanted_after=" + encode(wantedAfter));
    }

    @Override
    public @Nullable WantedChunks wanted(NamespaceId namespace, String cursor, String after)
            throws IOException {
        return json(
                        request(
                                        "/v1/namespaces/"
                                                + namespace
                                                + "/changes?limit=1&cursor="
                                                + encode(cursor)
                                                + "&wanted_after="
                                                + encode(after))
                                .GET(),
                        ChangesPage.class)
                .wanted();
    }

    private ChangesPage changes(
            NamespaceId namespace, @Nullable String cursor, int waitSeconds, String more)
            throws IOException {
        String query =
                "?limit="
                        + (waitSeconds > 0 ? 1 : Limits.PAGE_ENTRIES_MAX)
                        + "&wait="
                        + waitSeconds
                        + (cursor == null ? "" : "&cursor=" + encode(cursor))
                        + more;
        HttpRequest.Builder request =
                request("/v1/namespaces/" + namespace + "/changes" + query).GET();
        // A waiting request has a client, and so a connection, of its own.
        return waitSeconds > 0
                ? json(feedClient, request, ChangesPage.class)
                : json(request, ChangesPage.class);
    }

    @Override
    public void acknowledge(NamespaceId namespace, String cursor) throws IOException {
        nothing(
                request("/v1/namespaces/" + namespace + "/ack")
                        .header("Content-Type", JSON)
                        .POST(body(new Ack(cursor))));
    }

    @Override
    public NodeState node(NamespaceId namespace, NodeId node) throws IOException {
        return json(
                request("/v1/namespaces/" + namespace + "/nodes/" + node).GET(), NodeState.class);
    }

    @Override
    public NodeList children(NamespaceId namespace, NodeId folder, @Nullable String after)
            throws IOException {
        return json(
                request(
                                "/v1/namespaces/"
                                        + namespace
                                        + "/nodes/"
                                        + folder
                                        + "/children?limit="
                                        + Limits.PAGE_ENTRIES_MAX
                                        + (after == null ? "" : "&after=" + encode(after)))
                        .GET(),
                NodeList.class);
    }

    @Override
    public Manifest manifest(NamespaceId namespace, NodeId node, long contentRev, int from)
            throws IOException {
        return json(
                request(
                                "/v1/namespaces/"
                                        + namespace
                                        + "/nodes/"
                                        + node
                                        + "/manifest?content_rev="
                                        + contentRev
                                        + "&from="
                                        + from)
                        .GET(),
                Manifest.class);
    }

    @Override
    public VersionList versions(NamespaceId namespace, NodeId node) throws IOException {
        return json(
                request("/v1/namespaces/" + namespace + "/nodes/" + node + "/versions").GET(),
                VersionList.class);
    }

    @Override
    public NodeState byPath(NamespaceId namespace, String path) throws IOException {
        return json(
                request("/v1/namespaces/" + namespace + "/by-path?path=" + encode("/" + path))
                        .GET(),
                NodeState.class);
    }

    @Override
    public NodeList trash(NamespaceId namespace, @Nullable String after) throws IOException {
        String query =
                "?limit="
                        + Limits.PAGE_ENTRIES_MAX
                        + (after == null ? "" : "&after=" + encode(after));
        return json(
                request("/v1/namespaces/" + namespace + "/trash" + query).GET(), NodeList.class);
    }

    @Override
    public void read(NamespaceId namespace, ChunkReadRequest wanted, FrameSink sink)
            throws IOException {
        HttpRequest request =
                request("/v1/namespaces/" + namespace + "/chunks/read")
                        .header("Content-Type", JSON)
                        .POST(body(wanted))
                        .build();
        HttpResponse<InputStream> response =
                call(client, request, HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = response.body();
                StallWatch watch = new StallWatch(() -> abandon(body))) {
            InputStream in = watch.watched(body, patience.read());
            if (response.statusCode() / 100 != 2) {
                throw problem(response, in.readNBytes(PROBLEM_BYTES_MAX));
            }
            FrameReader reader =
                    new FrameReader(
                            new BufferedInputStream(down.slow(in), READ_BUFFER_BYTES),
                            Limits.CHUNK_BYTES_MAX,
                            Long.MAX_VALUE,
                            Limits.READ_CHUNKS_MAX);
            Frame frame = reader.next();
            while (frame != null) {
                sink.take(frame);
                frame = reader.next();
            }
        }
    }

    /** Whoever reads it is told that it ended. */
    private static void abandon(InputStream body) {
        try {
            body.close();
        } catch (IOException e) {
            // It was given up.
        }
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder builder =
                HttpRequest.newBuilder(URI.create(base + path)).timeout(REQUEST_TIME_MAX);
        if (token != null) {
            builder.header("Authorization", "Bearer " + token);
        }
        return builder;
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static HttpRequest.BodyPublisher body(Object value) throws IOException {
        return HttpRequest.BodyPublishers.ofByteArray(WireJson.mapper().writeValueAsBytes(value));
    }

    private <T> T post(String path, Object value, Class<T> type) throws IOException {
        return json(request(path).header("Content-Type", JSON).POST(body(value)), type);
    }

    private <T> T json(HttpRequest.Builder request, Class<T> type) throws IOException {
        return json(client, request, type);
    }

    private <T> T json(HttpClient with, HttpRequest.Builder request, Class<T> type)
            throws IOException {
        return parsed(call(with, request.build(), HttpResponse.BodyHandlers.ofByteArray()), type);
    }

    private static <T> T parsed(HttpResponse<byte[]> response, Class<T> type) throws IOException {
        if (response.statusCode() / 100 != 2) {
            throw problem(response, response.body());
        }
        try {
            return WireJson.mapper().readValue(response.body(), type);
        } catch (JacksonException e) {
            throw new IOException("the server's answer does not parse: " + e.getMessage(), e);
        }
    }

    private void nothing(HttpRequest.Builder request) throws IOException {
        HttpResponse<byte[]> response =
                call(client, request.build(), HttpResponse.BodyHandlers.ofByteArray());
        if (response.statusCode() / 100 != 2) {
            throw problem(response, response.body());
        }
    }

    private static <T> HttpResponse<T> call(
            HttpClient with, HttpRequest request, HttpResponse.BodyHandler<T> handler)
            throws IOException {
        return call(with, request, handler, new CompletableFuture<>());
    }

    /**
     * Waits for an answer as long as the request's own time-out says for its head, and so long
     * again for the rest.
     *
     * @param ended ends the exchange when it is cancelled
     */
    private static <T> HttpResponse<T> call(
            HttpClient with,
            HttpRequest request,
            HttpResponse.BodyHandler<T> handler,
            CompletableFuture<HttpResponse<T>> ended)
            throws IOException {
        CompletableFuture<HttpResponse<T>> exchange = with.sendAsync(request, handler);
        var _ =
                exchange.whenComplete((answer, failure) -> {
                    if (failure == null) {
                        ended.complete(answer);
                    } else {
                        ended.completeExceptionally(failure);
                    }
                });
        Duration limit = request.timeout().orElse(REQUEST_TIME_MAX).plus(REQUEST_TIME_MAX);
        try {
            return ended.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | CancellationException e) {
            throw new HttpTimeoutException("the server does not go on with a request");
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException failure
                    ? failure
                    : new IOException("a request failed: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } finally {
            exchange.cancel(true);
        }
    }

    private static IOException problem(HttpResponse<?> response, byte[] body) {
        int status = response.statusCode();
        long retryAfterMillis =
                response.headers()
                        .firstValue("Retry-After")
                        .filter(text -> text.length() < 6 && text.matches("[0-9]+"))
                        .map(text -> 1_000L * Integer.parseInt(text))
                        .orElse(0L);
        try {
            Problem problem = WireJson.mapper().readValue(body, Problem.class);
            boolean retry = problem.code().retryable() || problem.code() == ProblemCode.INTERNAL;
            return retry
                    ? new BusyException(problem.detail(), retryAfterMillis)
                    : new RefusedException(problem.code(), problem.detail());
        } catch (IOException | RuntimeException e) {
            return status >= 500 || status == 429 || status == 408
                    ? new BusyException("the server answered " + status, retryAfterMillis)
                    : new IOException("something that is no Holdfast server answered " + status);
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
        feedClient.shutdownNow();
    }
}
