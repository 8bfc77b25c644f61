package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.ContentId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.ChunkUploadResult;
import dev.holdfast.model.wire.DeviceRegistered;
import dev.holdfast.model.wire.DeviceRegistration;
import dev.holdfast.model.wire.LinkCode;
import dev.holdfast.model.wire.NamespaceCreation;
import dev.holdfast.model.wire.NamespaceState;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResults;
import dev.holdfast.model.wire.WireJson;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The connection is cut at every byte of a request, and at every byte of its answer, and the
 * request is sent again: it has the effect of one execution, and the retry is answered as if
 * nothing had happened. Here at every 41st byte, with {@code -Dholdfast.cut.step=1} at every one.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CutTest {
    private static final int STEP =
            Integer.getInteger("holdfast.cut.step", Boolean.getBoolean("holdfast.soak") ? 1 : 41);
    private static final int EDGE = 2;
    private static final int TIMEOUT_MILLIS = 30_000;

    private final TestServer server = new TestServer();
    private final TestDevice device = server.account("ada");
    private final Random random = new Random(3);
    private final int port = URI.create(server.gateway().url()).getPort();

    @AfterAll
    void stop() {
        server.close();
    }

    /** An answer that came in whole. */
    private static final class Reply {
        private final int status;
        private final byte[] body;

        Reply(int status, byte[] body) {
            this.status = status;
            this.body = body;
        }

        int length() {
            return body.length;
        }

        <T> T as(int expected, Class<T> type) throws IOException {
            assertThat(status).as(new String(body, StandardCharsets.UTF_8)).isEqualTo(expected);
            return WireJson.mapper().readValue(body, type);
        }
    }

    private byte[] request(String method, String path, byte[] body, String... headers) {
        StringBuilder head = new StringBuilder();
        head.append(method).append(' ').append(path).append(" HTTP/1.1\r\nHost: x\r\n");
        head.append("Connection: close\r\nAuthorization: Bearer ");
        head.append(device.client().token()).append("\r\n");
        for (int i = 0; i < headers.length; i += 2) {
            head.append(headers[i]).append(": ").append(headers[i + 1]).append("\r\n");
        }
        head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
        byte[] start = head.toString().getBytes(StandardCharsets.US_ASCII);
        byte[] whole = Arrays.copyOf(start, start.length + body.length);
        System.arraycopy(body, 0, whole, start.length, body.length);
        return whole;
    }

    private byte[] json(String path, Object body) {
        try {
            return request(
                    "POST",
                    path,
                    WireJson.mapper().writeValueAsBytes(body),
                    "Content-Type",
                    "application/json");
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Sends so many bytes, takes so many of the answer, and is gone. */
    private int cut(byte[] request, int send, int take) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.setSoLinger(true, 0);
            socket.getOutputStream().write(request, 0, send);
            return socket.getInputStream().readNBytes(take).length;
        } catch (SocketException e) {
            return 0;
        }
    }

    private Reply whole(byte[] request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.getOutputStream().write(request);
            byte[] answer = socket.getInputStream().readAllBytes();
            String text = new String(answer, StandardCharsets.ISO_8859_1);
            int body = text.indexOf("\r\n\r\n") + 4;
            assertThat(body).as(text).isGreaterThan(4);
            int status = Integer.parseInt(text.substring(9, 12));
            return new Reply(status, Arrays.copyOfRange(answer, body, answer.length));
        }
    }

    private static Iterable<Integer> positions(int length) {
        TreeSet<Integer> positions = new TreeSet<>();
        for (int i = 0; i < length; i += STEP) {
            positions.add(i);
        }
        for (int i = 0; i < EDGE; i++) {
            positions.add(i);
            positions.add(length - 1 - i);
        }
        return positions;
    }

    /** What a retry's answer has to be. */
    private interface Check {
        void accept(int number, Reply retried) throws IOException;
    }

    /** Tries all cuts; each number is a request of its own, the same bytes for the same number. */
    private int everyCut(IntFunction<byte[]> requests, Check check) throws IOException {
        int number = 0;
        Reply sample = whole(requests.apply(number));
        check.accept(number, sample);
        int answerBytes = sample.length() + 400;
        number++;
        for (int sent : positions(requests.apply(number).length)) {
            byte[] request = requests.apply(number);
            cut(request, Math.min(sent, request.length - 1), 0);
            check.accept(number, whole(request));
            number++;
        }
        for (int taken : positions(answerBytes)) {
            byte[] request = requests.apply(number);
            cut(request, request.length, taken);
            check.accept(number, whole(request));
            number++;
        }
        return number;
    }

    private List<ChangeEntry> entries() {
        return device.changes("").entries();
    }

    @Test
    void operations() throws IOException {
        long first = device.nextSequence() + 1_000_000;
        IntFunction<byte[]> requests =
                number ->
                        json(
                                device.nsPath() + "/ops",
                                new OpBatch(
                                        1,
                                        List.of(
                                                new Op.CreateFolder(
                                                        first + number,
                                                        node("op", number),
                                                        device.root(),
                                                        "op-" + number))));
        int count =
                everyCut(
                        requests,
                        (number, reply) -> {
                            var result = reply.as(200, OpResults.class).results().getFirst();
                            assertThat(result.code()).as("op " + number).isNull();
                        });
        assertThat(entries().stream().filter(entry -> entry.node().name().startsWith("op-")))
                .hasSize(count);
    }

    @Test
    void plainUploadsWithAKey() throws IOException {
        byte[] bytes = device.randomBytes(300);
        IntFunction<byte[]> requests =
                number ->
                        request(
                                "PUT",
                                device.nsPath()
                                        + "/files/by-path?mtime_nanos=1&path=/plain-"
                                        + number,
                                bytes,
                                "If-None-Match",
                                "*",
                                "Idempotency-Key",
                                "key-" + number);
        int count =
                everyCut(
                        requests,
                        (number, reply) -> {
                            NodeState node = reply.as(201, NodeState.class);
                            assertThat(node.contentRev()).isEqualTo(1);
                            assertThat(node.name()).isEqualTo("plain-" + number);
                        });
        assertThat(entries().stream().filter(entry -> entry.node().name().startsWith("plain-")))
                .hasSize(count);
    }

    @Test
    void registrations() throws IOException {
        String[] codes = new String[10_000];
        IntFunction<byte[]> requests =
                number -> {
                    if (codes[number] == null) {
                        codes[number] =
                                server.operator()
                                        .post("/v1/admin/accounts/ada/codes", "")
                                        .expect(201)
                                        .as(LinkCode.class)
                                        .code();
                    }
                    return json(
                            "/v1/devices",
                            new DeviceRegistration(
                                    codes[number],
                                    Sha256.hash(("t" + number).getBytes(StandardCharsets.UTF_8)),
                                    "cut-" + number,
                                    "test"));
                };
        int count =
                everyCut(
                        requests,
                        (number, reply) ->
                                assertThat(reply.as(201, DeviceRegistered.class).account())
                                        .isEqualTo(device.registered().account()));
        assertThat(
                        server.metadata().accounts().devices().stream()
                                .filter(view -> view.name().startsWith("cut-")))
                .hasSize(count);
    }

    @Test
    void newNamespaces() throws IOException {
        IntFunction<byte[]> requests =
                number ->
                        json(
                                "/v1/namespaces",
                                new NamespaceCreation(
                                        new NamespaceId(node("ns", number).id()), "ns-" + number));
        everyCut(
                requests,
                (number, reply) -> {
                    NamespaceState made = reply.as(201, NamespaceState.class);
                    assertThat(made.name()).isEqualTo("ns-" + number);
                    device.client().delete("/v1/namespaces/" + made.namespace()).expect(204);
                });
    }

    @Test
    void frames() throws IOException {
        UploadId upload = device.begin(10 << 20);
        byte[][] chunks = new byte[10_000][];
        IntFunction<byte[]> requests =
                number -> {
                    ContentId content = new ContentId(node("content", number).id());
                    if (chunks[number] == null) {
                        chunks[number] = new byte[200];
                        random.nextBytes(chunks[number]);
                        device.declare(upload, TestDevice.part(content, chunks[number]));
                    }
                    return request(
                            "POST",
                            "/v1/uploads/" + upload + "/chunks",
                            TestDevice.frames(TestDevice.frame(content, chunks[number])),
                            "Content-Type",
                            "application/vnd.holdfast.frames");
                };
        everyCut(
                requests,
                (number, reply) ->
                        assertThat(
                                        reply.as(200, ChunkUploadResult.class)
                                                .chunks()
                                                .getFirst()
                                                .code())
                                .as("frame " + number)
                                .isNull());
    }

    private static NodeId node(String kind, int number) {
        byte[] hash = Sha256.hash((kind + number).getBytes(StandardCharsets.UTF_8)).toBytes();
        return new NodeId(Id128.of(Arrays.copyOf(hash, Id128.BYTES)));
    }
}
