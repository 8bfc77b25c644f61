package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.frames.Frame;
import dev.holdfast.model.wire.ChunkReadRequest;
import dev.holdfast.model.wire.Manifest;
import dev.holdfast.model.wire.NodeList;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.VersionList;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Bytes out, whole and in part, and whole files in. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ContentTest {
    private final TestServer server = new TestServer();
    private final TestDevice device = server.account("ada");

    @AfterAll
    void stop() {
        server.close();
    }

    private String contentPath(NodeState node) {
        return device.nsPath() + "/nodes/" + node.node() + "/content";
    }

    private String plainPath(String path) {
        return device.nsPath() + "/files/by-path?path=" + path.replace("/", "%2F");
    }

    private TestClient.Reply put(String path, byte[] bytes, String... headers) {
        return device.client().bytes("PUT", plainPath(path), bytes, headers);
    }

    @Test
    void rangesOfAFileOfManyChunks() {
        byte[][] chunks = new byte[5][];
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < chunks.length; i++) {
            chunks[i] = device.randomBytes(1_000 * (i + 1));
            all.writeBytes(chunks[i]);
        }
        byte[] whole = all.toByteArray();
        String path = contentPath(device.file("many", chunks));
        long seed = 42;
        Random random = new Random(seed);
        for (int i = 0; i < 60; i++) {
            int from = random.nextInt(whole.length);
            int to = random.nextInt(from, whole.length);
            TestClient.Reply reply =
                    device.client().get(path, "Range", "bytes=" + from + "-" + to).expect(206);
            assertThat(reply.bytes())
                    .as("seed %d, bytes %d to %d", seed, from, to)
                    .isEqualTo(Arrays.copyOfRange(whole, from, to + 1));
            assertThat(reply.header("Content-Range"))
                    .isEqualTo("bytes " + from + "-" + to + "/" + whole.length);
        }
        TestClient.Reply full = device.client().get(path).expect(200);
        assertThat(full.bytes()).isEqualTo(whole);
        assertThat(full.header("ETag")).isEqualTo("\"c1\"");
        assertThat(full.header("Accept-Ranges")).isEqualTo("bytes");
        assertThat(full.header("Content-Length")).isEqualTo("" + whole.length);
    }

    @Test
    void conditionsOnAFile() {
        byte[] bytes = device.randomBytes(3_000);
        String path = contentPath(device.file("conditions", bytes));
        TestClient client = device.client();
        assertThat(client.get(path, "If-None-Match", "\"c1\"").expect(304).bytes()).isEmpty();
        client.get(path, "If-None-Match", "\"c2\"").expect(200);
        client.get(path, "If-Match", "\"c1\"").expect(200);
        client.get(path, "If-Match", "\"c2\"").problem(ProblemCode.PRECONDITION_FAILED);
        assertThat(client.get(path, "Range", "bytes=0-9", "If-Range", "\"c1\"").expect(206).bytes())
                .hasSize(10);
        assertThat(client.get(path, "Range", "bytes=0-9", "If-Range", "\"c2\"").expect(200).bytes())
                .hasSize(3_000);
        TestClient.Reply outside = client.get(path, "Range", "bytes=3000-");
        outside.problem(ProblemCode.RANGE_NOT_SATISFIABLE);
        assertThat(outside.header("Content-Range")).isEqualTo("bytes */3000");
        TestClient.Reply head =
                client.send("HEAD", path, HttpRequest.BodyPublishers.noBody()).expect(200);
        assertThat(head.header("Content-Length")).isEqualTo("3000");
        assertThat(head.bytes()).isEmpty();
        client.get(path + "?content_rev=9").problem(ProblemCode.NOT_FOUND);
    }

    @Test
    void anEmptyFile() {
        NodeState empty = device.file("empty");
        assertThat(empty.size()).isZero();
        TestClient.Reply reply = device.client().get(contentPath(empty)).expect(200);
        assertThat(reply.bytes()).isEmpty();
        assertThat(reply.header("Content-Length")).isEqualTo("0");
        device.client()
                .get(contentPath(empty), "Range", "bytes=0-")
                .problem(ProblemCode.RANGE_NOT_SATISFIABLE);
    }

    @Test
    void framesComeInTheOrderAskedForWithAStatusWhereThereIsNone() {
        byte[] first = device.randomBytes(2_000);
        byte[] second = device.randomBytes(3_000);
        NodeState node = device.file("frames", first, second);
        List<Frame> frames =
                device.read(
                        new ChunkReadRequest(
                                List.of(
                                        new ChunkReadRequest.Address(node.node(), 1, 1),
                                        new ChunkReadRequest.Address(node.node(), 1, 2),
                                        new ChunkReadRequest.Address(node.node(), 7, 0),
                                        new ChunkReadRequest.Address(device.newNode(), 1, 0),
                                        new ChunkReadRequest.Address(node.node(), 1, 0),
                                        new ChunkReadRequest.Address(device.root(), 1, 0),
                                        new ChunkReadRequest.Address(node.node(), 1, 1))));
        assertThat(frames).hasSize(7);
        for (int i = 0; i < frames.size(); i++) {
            assertThat(frames.get(i).index()).isEqualTo(i);
        }
        assertThat(((Frame.Chunk) frames.get(0)).stored().array()).isEqualTo(second);
        assertThat(((Frame.Chunk) frames.get(4)).stored().array()).isEqualTo(first);
        assertThat(((Frame.Chunk) frames.get(6)).stored().array()).isEqualTo(second);
        for (int i : new int[] {1, 2, 3, 5}) {
            assertThat(((Frame.Status) frames.get(i)).status()).isBetween(400, 499);
        }
    }

    @Test
    void aStrangerGetsNothing() {
        NodeState node = device.file("private", device.randomBytes(100));
        TestDevice bob = server.account("bob");
        for (String rest : List.of("", "/content", "/manifest", "/versions", "/children")) {
            bob.client()
                    .get(device.nsPath() + "/nodes/" + node.node() + rest)
                    .problem(ProblemCode.NOT_FOUND);
        }
        // The node under another namespace is not there either.
        bob.client().get(bob.nsPath() + "/nodes/" + node.node()).problem(ProblemCode.NOT_FOUND);
        bob.client()
                .post(
                        device.nsPath() + "/chunks/read",
                        new ChunkReadRequest(
                                List.of(new ChunkReadRequest.Address(node.node(), 1, 0))))
                .problem(ProblemCode.NOT_FOUND);
    }

    private List<String> names(String listing) {
        return device.client().get(listing).expect(200).as(NodeList.class).nodes().stream()
                .map(NodeState::name)
                .toList();
    }

    @Test
    void listingsAndPages() {
        NodeState folder =
                device.done(
                        new Op.CreateFolder(
                                device.nextSequence(), device.newNode(), device.root(), "folder"));
        for (int i = 0; i < 5; i++) {
            device.done(
                    new Op.CreateFolder(
                            device.nextSequence(), device.newNode(), folder.node(), "child" + i));
        }
        String path = device.nsPath() + "/nodes/" + folder.node() + "/children?limit=2";
        NodeList page = device.client().get(path).expect(200).as(NodeList.class);
        int seen = 0;
        while (true) {
            for (NodeState child : page.nodes()) {
                assertThat(child.name()).isEqualTo("child" + seen);
                seen++;
            }
            if (page.next() == null) {
                break;
            }
            page =
                    device.client()
                            .get(path + "&after=" + page.next())
                            .expect(200)
                            .as(NodeList.class);
        }
        assertThat(seen).isEqualTo(5);
        device.done(
                new Op.CreateSymlink(
                        device.nextSequence(),
                        device.newNode(),
                        folder.node(),
                        "child9",
                        "child1",
                        OnConflict.REJECT));
        String all = device.nsPath() + "/nodes/" + folder.node() + "/children";
        assertThat(names(all + "?kind=symlink")).containsExactly("child9");
        assertThat(names(all + "?kind=folder&prefix=child")).hasSize(5);
        assertThat(names(all + "?prefix=child3")).containsExactly("child3");
        assertThat(names(all + "?prefix=CHILD")).isEmpty();
        for (String bad : List.of("kind=door", "kind=", "prefix=a%2Fb", "kind=file&kind=file")) {
            device.client().get(all + "?" + bad).problem(ProblemCode.INVALID);
        }
        TestClient.Reply byPath =
                device.client()
                        .get(device.nsPath() + "/by-path?path=%2Ffolder%2Fchild3")
                        .expect(200);
        NodeState child = byPath.as(NodeState.class);
        assertThat(byPath.header("ETag")).isEqualTo("\"m1\"");
        device.client()
                .get(device.nsPath() + "/nodes/" + child.node(), "If-None-Match", "\"m1\"")
                .expect(304);
        device.done(
                new Op.Trash(
                        device.nextSequence(), child.node(), null, device.changes("").cursor()));
        assertThat(
                        device.client()
                                .get(device.nsPath() + "/trash")
                                .expect(200)
                                .as(NodeList.class)
                                .nodes())
                .extracting(NodeState::node)
                .contains(child.node());
        device.client()
                .get(device.nsPath() + "/nodes/" + child.node() + "/children")
                .problem(ProblemCode.GONE);
    }

    @Test
    void aPlainBodyBecomesAFileAndAVersion() throws Exception {
        byte[] bytes = device.randomBytes(3_000_000);
        put("/plain.bin", bytes).problem(ProblemCode.PRECONDITION_REQUIRED);
        String digest =
                Base64.getEncoder()
                        .encodeToString(MessageDigest.getInstance("SHA-256").digest(bytes));
        put(
                        "/plain.bin",
                        new byte[9],
                        "If-None-Match",
                        "*",
                        "Content-Digest",
                        "sha-256=:" + digest + ":")
                .problem(ProblemCode.DIGEST_MISMATCH);
        TestClient.Reply created =
                put(
                                "/plain.bin",
                                bytes,
                                "If-None-Match",
                                "*",
                                "Content-Digest",
                                "sha-256=:" + digest + ":")
                        .expect(201);
        NodeState node = created.as(NodeState.class);
        assertThat(created.header("ETag")).isEqualTo("\"c1\"");
        assertThat(device.client().get(contentPath(node)).expect(200).bytes()).isEqualTo(bytes);
        put("/plain.bin", bytes, "If-None-Match", "*").problem(ProblemCode.PRECONDITION_FAILED);
        put("/plain.bin", bytes, "If-Match", "\"c7\"").problem(ProblemCode.PRECONDITION_FAILED);
        put("/none.bin", bytes, "If-Match", "*").problem(ProblemCode.PRECONDITION_FAILED);
        put("/no/folder.bin", bytes, "If-None-Match", "*").problem(ProblemCode.NOT_FOUND);
        put("/", bytes, "If-None-Match", "*").problem(ProblemCode.INVALID);
        NodeState second =
                put("/plain.bin", new byte[] {1, 2, 3}, "If-Match", "\"c1\"")
                        .expect(200)
                        .as(NodeState.class);
        assertThat(second.contentRev()).isEqualTo(2);
        assertThat(device.client().get(contentPath(node)).expect(200).bytes())
                .containsExactly(1, 2, 3);
        assertThat(device.client().get(contentPath(node) + "?content_rev=1").expect(200).bytes())
                .isEqualTo(bytes);
        assertThat(
                        device.client()
                                .get(device.nsPath() + "/nodes/" + node.node() + "/versions")
                                .expect(200)
                                .as(VersionList.class)
                                .versions())
                .extracting(VersionList.Entry::contentRev)
                .containsExactly(2L, 1L);
        assertThat(
                        device.client()
                                .get(
                                        device.nsPath()
                                                + "/nodes/"
                                                + node.node()
                                                + "/manifest?content_rev=1")
                                .expect(200)
                                .as(Manifest.class)
                                .size())
                .isEqualTo(3_000_000);
    }

    @Test
    void aRetryWithAnIdempotencyKeyHasOneEffect() {
        byte[] bytes = device.randomBytes(10_000);
        String path = plainPath("/once.bin") + "&mtime_nanos=5";
        String[] headers = {"If-None-Match", "*", "Idempotency-Key", "key-1"};
        TestClient client = device.client();
        NodeState first = client.bytes("PUT", path, bytes, headers).expect(201).as(NodeState.class);
        assertThat(first.mtimeNanos()).isEqualTo(5);
        NodeState again = client.bytes("PUT", path, bytes, headers).expect(201).as(NodeState.class);
        assertThat(again).isEqualTo(first);
        client.bytes("PUT", path, device.randomBytes(10_000), headers)
                .problem(ProblemCode.OP_MISMATCH);
        put("/once.bin", bytes, headers).problem(ProblemCode.INVALID);
        client.bytes("PUT", path, bytes, "If-None-Match", "*", "Idempotency-Key", " ")
                .problem(ProblemCode.INVALID);
        assertThat(client.get(contentPath(first)).expect(200).bytes()).isEqualTo(bytes);

        byte[] second = device.randomBytes(500);
        String[] replacing = {"If-Match", "\"c1\"", "Idempotency-Key", "key-2"};
        NodeState next =
                client.bytes("PUT", path, second, replacing).expect(200).as(NodeState.class);
        assertThat(next.contentRev()).isEqualTo(2);
        assertThat(client.bytes("PUT", path, second, replacing).expect(200).as(NodeState.class))
                .isEqualTo(next);
        String[] any = {"If-Match", "*", "Idempotency-Key", "key-3"};
        client.bytes("PUT", path, bytes, any).problem(ProblemCode.INVALID);
        assertThat(client.get(contentPath(first)).expect(200).bytes()).isEqualTo(second);
    }

    @Test
    void anEmptyPlainBody() {
        NodeState node =
                put("/empty.bin", new byte[0], "If-None-Match", "*")
                        .expect(201)
                        .as(NodeState.class);
        assertThat(node.size()).isZero();
    }
}
