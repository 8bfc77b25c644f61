package dev.holdfast.benchmarks;

import dev.holdfast.model.ContentId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.frames.Codec;
import dev.holdfast.model.frames.Frame;
import dev.holdfast.model.frames.FrameWriter;
import dev.holdfast.testing.process.ServerProcess;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A device that makes requests for a load; for one thread. All devices are of one account each. */
final class BenchmarkDevice {
    private static final String JSON = "application/json";
    private static final int CHUNKS_DECLARED = 500;

    private final String url;
    private final String token;
    private final String ns;
    private final SplittableRandom random = new SplittableRandom();
    private long sequence;
    private String upload = "";
    private String content = "";
    private byte[][] chunks = new byte[0][];
    private int nextChunk;

    private BenchmarkDevice(String url, String token, String ns) {
        this.url = url;
        this.token = token;
        this.ns = ns;
    }

    /** A new account with one device. */
    static BenchmarkDevice link(ServerProcess server, String account) throws Exception {
        byte[] secret = new byte[32];
        new SplittableRandom().nextBytes(secret);
        String token = Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
        String hash = Sha256.hash(token.getBytes(StandardCharsets.US_ASCII)).toString();
        String answer =
                ask(
                        server.url(),
                        "none",
                        "POST",
                        "/v1/devices",
                        "{\"code\":\"%s\",\"token_hash\":\"%s\",\"name\":\"d\",\"platform\":\"b\"}"
                                .formatted(server.addAccount(account), hash));
        return new BenchmarkDevice(server.url(), token, find(answer, "namespace"));
    }

    private static String find(String json, String name) {
        Matcher matcher = Pattern.compile("\"" + name + "\":\"([^\"]+)\"").matcher(json);
        if (!matcher.find()) {
            throw new IllegalStateException("no " + name + " in " + json);
        }
        return matcher.group(1);
    }

    private static String ask(String url, String token, String method, String path, String body)
            throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> response =
                    client.send(
                            HttpRequest.newBuilder(URI.create(url + path))
                                    .method(method, HttpRequest.BodyPublishers.ofString(body))
                                    .header("Content-Type", JSON)
                                    .header("Authorization", "Bearer " + token)
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() >= 300) {
                throw new IOException(method + " " + path + ": " + response.body());
            }
            return response.body();
        }
    }

    private String ask(String method, String path, String body)
            throws IOException, InterruptedException {
        return ask(url, token, method, path, body);
    }

    private byte[] bare(String path) {
        return HttpLoad.request("GET", path, token, new byte[0], "");
    }

    private String id() {
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits(random.nextLong()) + hex.toHexDigits(random.nextLong());
    }

    byte[] stat() {
        return bare("/v1/namespaces/" + ns + "/nodes/" + ns);
    }

    byte[] changes() throws IOException, InterruptedException {
        return poll(0);
    }

    /** A long poll of what is not there yet. */
    byte[] poll(int seconds) throws IOException, InterruptedException {
        String path = "/v1/namespaces/" + ns + "/changes";
        String cursor = find(ask("GET", path, ""), "cursor");
        return bare(path + "?cursor=" + cursor + "&wait=" + seconds);
    }

    /** Makes folders. */
    byte[] ops(int count) {
        StringBuilder body = new StringBuilder("{\"outstanding\":").append(sequence + 1);
        body.append(",\"ops\":[");
        for (int i = 0; i < count; i++) {
            sequence++;
            body.append(i == 0 ? "" : ",")
                    .append("{\"op\":\"create_folder\",\"sequence\":")
                    .append(sequence)
                    .append(",\"node\":\"")
                    .append(id())
                    .append("\",\"parent\":\"")
                    .append(ns)
                    .append("\",\"name\":\"f")
                    .append(sequence)
                    .append("\"}");
        }
        body.append("]}");
        return HttpLoad.request(
                "POST",
                "/v1/namespaces/" + ns + "/ops",
                token,
                body.toString().getBytes(StandardCharsets.US_ASCII),
                JSON);
    }

    /** Executes one operation now. */
    void change() throws IOException, InterruptedException {
        sequence++;
        ask(
                "POST",
                "/v1/namespaces/" + ns + "/ops",
                ("{\"outstanding\":%d,\"ops\":[{\"op\":\"create_folder\",\"sequence\":%d,"
                                + "\"node\":\"%s\",\"parent\":\"%s\",\"name\":\"f%d\"}]}")
                        .formatted(sequence, sequence, id(), ns, sequence));
    }

    /** Sends a chunk the server has never seen; declares some hundreds now and then. */
    byte[] chunk(int bytes) {
        if (nextChunk == chunks.length) {
            declare(bytes);
        }
        byte[] chunk = chunks[nextChunk];
        nextChunk++;
        return HttpLoad.request(
                "PUT",
                "/v1/uploads/" + upload + "/chunks/" + Sha256.hash(chunk) + "?content=" + content,
                token,
                chunk,
                "application/octet-stream");
    }

    /** One body of declared chunks, each under a hash that is not its own. */
    byte[] wrongChunks(int bytes, int count) throws IOException {
        declare(bytes);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        FrameWriter frames = new FrameWriter(body);
        byte[] chunk = new byte[bytes];
        for (int i = 0; i < count; i++) {
            frames.chunk(
                    new Frame.Chunk(
                            ContentId.parse(content),
                            Sha256.hash(chunks[i % chunks.length]),
                            Codec.PLAIN,
                            bytes,
                            i,
                            ByteBuffer.wrap(chunk)));
        }
        frames.end();
        return HttpLoad.request(
                "POST",
                "/v1/uploads/" + upload + "/chunks",
                token,
                body.toByteArray(),
                "application/vnd.holdfast.frames");
    }

    private void declare(int bytes) {
        int count = bytes > BareRoutes.SMALL_BYTES ? CHUNKS_DECLARED / 10 : CHUNKS_DECLARED;
        upload = id();
        content = id();
        chunks = new byte[count][];
        nextChunk = 0;
        StringBuilder refs = new StringBuilder();
        for (int i = 0; i < count; i++) {
            chunks[i] = new byte[bytes];
            random.nextBytes(chunks[i]);
            refs.append(i == 0 ? "" : ",")
                    .append("{\"hash\":\"")
                    .append(Sha256.hash(chunks[i]))
                    .append("\",\"length\":")
                    .append(bytes)
                    .append('}');
        }
        try {
            ask(
                    "POST",
                    "/v1/uploads",
                    "{\"upload\":\"%s\",\"namespace\":\"%s\",\"declared_bytes\":%d}"
                            .formatted(upload, ns, (long) count * bytes));
            ask(
                    "POST",
                    "/v1/uploads/" + upload + "/files",
                    ("{\"contents\":[{\"content\":\"%s\",\"part\":0,\"last\":true,"
                                    + "\"chunks\":[%s]}]}")
                            .formatted(content, refs));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** Stores a file of one chunk and gives the request for its bytes. */
    byte[] contentOf(int bytes) throws IOException, InterruptedException {
        byte[] file = new byte[bytes];
        random.nextBytes(file);
        try (HttpClient client = HttpClient.newHttpClient()) {
            String path = "/v1/namespaces/" + ns + "/files/by-path?path=/file-" + bytes;
            HttpResponse<String> response =
                    client.send(
                            HttpRequest.newBuilder(URI.create(url + path))
                                    .PUT(HttpRequest.BodyPublishers.ofByteArray(file))
                                    .header("If-None-Match", "*")
                                    .header("Authorization", "Bearer " + token)
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            String node = find(response.body(), "node");
            return bare("/v1/namespaces/" + ns + "/nodes/" + node + "/content");
        }
    }
}
