package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.MemberChange;
import dev.holdfast.model.wire.NamespaceCreation;
import dev.holdfast.model.wire.NamespaceList;
import dev.holdfast.model.wire.NamespaceState;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.Problem;
import dev.holdfast.model.wire.RoleName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Requests made from the OpenAPI document, which the server itself serves: half of them it allows,
 * half have one thing wrong. Never a failure of the server, never a hang, never an answer of which
 * the document says nothing, and never a change by a request that is wrong or was refused. Replay a
 * run with -Dholdfast.seed=N.
 */
class FuzzTest {
    private static final int REQUESTS =
            Integer.getInteger(
                    "holdfast.fuzz.requests", Boolean.getBoolean("holdfast.soak") ? 50_000 : 2_000);
    private static final long SLOW_NANOS = Duration.ofSeconds(20).toNanos();

    /** Requests of one kind after another, right or wrong. */
    private static final int RUN_MAX = 16;

    private static final String FRAMES = "application/vnd.holdfast.frames";

    private final long seed = Long.getLong("holdfast.seed", 20_261_122L);
    private final Random random = new Random(seed);
    private final TestServer server = new TestServer();
    private final TestDevice device = server.account("ada");
    private final byte[] chunk = device.randomBytes(300);
    private final ApiDocument document =
            new ApiDocument(server.stranger().get("/openapi.yaml").expect(200).text());
    private final ApiRequests requests = new ApiRequests(document, random, this::bytes);
    private final Map<String, Integer> answered = new TreeMap<>();
    private final Map<String, String> faults = new TreeMap<>();
    private ContentId content = device.newContent();
    private int right;
    private int wrong;

    @AfterEach
    void stop() {
        server.close();
    }

    private byte[] bytes(String contentType, boolean right) {
        if (!contentType.equals(FRAMES)) {
            return random.nextBoolean() ? chunk : device.randomBytes(random.nextInt(2_000));
        }
        byte[] frames = TestDevice.frames(TestDevice.frame(content, chunk));
        if (!right) {
            frames[random.nextInt(frames.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return frames;
    }

    /** Everything that requests may be about; what the device itself is, they are not told. */
    private void populate() {
        TestDevice other = server.account("bob");
        NamespaceId shared = new NamespaceId(new Id128(random.nextLong(), random.nextLong()));
        device.client().post("/v1/namespaces", new NamespaceCreation(shared, "shared")).expect(201);
        device.client()
                .json(
                        "PUT",
                        "/v1/namespaces/" + shared + "/members/bob",
                        new MemberChange(RoleName.EDITOR))
                .expect(200);
        NodeState kept = device.file("kept.txt", device.randomBytes(1_000), device.randomBytes(9));
        UploadId upload = device.begin(1 << 20);
        device.declare(upload, TestDevice.part(content, chunk));
        String ns = device.ns().toString();
        requests.know("ns", ns, ns, ns, shared.toString(), other.ns().toString());
        requests.know("namespace", ns, shared.toString());
        requests.know("node", kept.node().toString(), device.root().toString());
        requests.know("parent", device.root().toString());
        requests.know("base_parent", device.root().toString());
        requests.know("base_name", "kept.txt");
        requests.know("name", "kept.txt", "n1", "n2", "n3");
        requests.know("path", "/kept.txt", "/", "/n1", "/n1/n2");
        requests.know("upload", upload.toString());
        requests.know("content", content.toString());
        requests.know("sha256", Sha256.hash(chunk).toString());
        requests.know("hash", Sha256.hash(chunk).toString());
        requests.know("length", "" + chunk.length);
        requests.know("content_rev", "1", "1", "2");
        requests.know("base_content_rev", "1");
        requests.know("sequence", "1", "2", "3", "1000", "1001");
        requests.know("outstanding", "0", "1");
        requests.know("cursor", device.changes("").cursor());
        requests.know("seen", device.changes("").cursor());
        requests.only("wait", "0");
        requests.know("device", other.registered().device().toString());
        requests.know("account", "bob", "nobody");
        requests.know("Range", "bytes=0-3", "bytes=5-", "bytes=-2", "bytes=9999999-", "lines=1");
        requests.know("If-Match", "\"c1\"", "*", "x");
        requests.know("If-None-Match", "*", "\"c1\"", "x");
        requests.know("If-Range", "\"c1\"", "x");
        requests.know("Idempotency-Key", "key-1", "key-2");
        requests.know("Content-Digest", "sha-256=:AAAA:", Exchange.digest(Sha256.hash(chunk)));
    }

    @Test
    void noRequestMakesTheServerFailAndNoWrongOneHasAnEffect() {
        populate();
        List<ApiDocument.Operation> operations =
                document.operations().stream().filter(this::isServed).toList();
        assertThat(operations).hasSizeGreaterThan(TestStores.isCluster() ? 40 : 60);
        boolean harmless = false;
        int left = 0;
        String before = "";
        List<String> run = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
            if (left == 0) {
                checkUnchanged(run, before);
                harmless = !harmless;
                left = 1 + random.nextInt(RUN_MAX);
                before = harmless ? state() : "";
            }
            left--;
            ApiDocument.Operation operation = operations.get(random.nextInt(operations.size()));
            ApiRequests.@Nullable Request request =
                    harmless ? requests.wrong(operation) : requests.right(operation);
            if (request != null) {
                String what = "seed " + seed + ", request " + i + ": " + request;
                TestClient.Reply reply = ask(request, what);
                if (harmless) {
                    run.add(what + " answered " + reply);
                }
            }
        }
        checkUnchanged(run, before);
        assertThat(faults.values()).as("one of each kind").isEmpty();
        assertThat(wrong).as(answered.toString()).isGreaterThan(REQUESTS / 5);
        assertThat(right).as(answered.toString()).isGreaterThan(REQUESTS / 6);
        device.client().get("/v1/namespaces").expect(200);
    }

    private boolean isServed(ApiDocument.Operation operation) {
        return Stream.concat(
                        server.gateway().openRoutes().stream(),
                        server.gateway().adminRoutes().stream())
                .anyMatch(route ->
                        route.method().equals(operation.method())
                                && route.pattern().equals(operation.path()));
    }

    /** What there is is looked at around several wrong requests: to look costs more than to ask. */
    private void checkUnchanged(List<String> run, String before) {
        if (!run.isEmpty() && !state().equals(before)) {
            faults.putIfAbsent("changed", "something has changed by one of these: " + run);
        }
        run.clear();
    }

    private TestClient.Reply ask(ApiRequests.Request request, String what) {
        boolean harmless = request.wrong() != null;
        long start = System.nanoTime();
        TestClient.Reply reply = send(request);
        assertThat(System.nanoTime() - start).as(what).isLessThan(SLOW_NANOS);
        try {
            check(request, reply, what + " answered " + reply);
        } catch (AssertionError e) {
            faults.putIfAbsent(request.operation() + " " + request.wrong(), String.valueOf(e));
        }
        if (harmless) {
            wrong++;
        } else if (reply.status() < 300) {
            right++;
        }
        answered.merge(reply.status() + (harmless ? " wrong" : " right"), 1, Integer::sum);
        return reply;
    }

    private TestClient.Reply send(ApiRequests.Request request) {
        TestClient client = request.operation().operator() ? server.operator() : device.client();
        return client.bytes(
                request.operation().method(), request.path(), request.body(), request.headers());
    }

    private void check(ApiRequests.Request request, TestClient.Reply reply, String what) {
        assertThat(reply.status()).as(what).isLessThan(500);
        if (request.wrong() != null) {
            assertThat(reply.status()).as(what).isGreaterThanOrEqualTo(400);
        }
        JsonNode response = document.response(request.operation(), reply.status());
        assertThat(response.isMissingNode()).as(what + ": no such answer in it").isFalse();
        boolean bare = reply.bytes().length == 0;
        if (reply.status() >= 400 && !bare) {
            reply.problem(reply.as(Problem.class).code());
        }
        JsonNode content = response.path("content");
        if (bare || content.isMissingNode()) {
            assertThat(bare).as(what + ": the document has no body there").isTrue();
            return;
        }
        String type = reply.header("Content-Type").replaceAll(";.*", "");
        assertThat(content.has(type)).as(what + ": the document has no " + type).isTrue();
        if (type.endsWith("json") && !type.contains("nd")) {
            assertThat(document.faults(content.get(type).path("schema"), reply.as(JsonNode.class)))
                    .as(what)
                    .isEmpty();
        }
    }

    /** What requests could change, as far as anybody can see it. */
    private String state() {
        StringBuilder state = new StringBuilder();
        NamespaceList namespaces =
                device.client().get("/v1/namespaces").expect(200).as(NamespaceList.class);
        for (NamespaceState ns : namespaces.namespaces()) {
            String path = "/v1/namespaces/" + ns.namespace();
            state.append(ns);
            ChangesPage page =
                    device.client().get(path + "/changes").expect(200).as(ChangesPage.class);
            state.append(page.cursor());
            state.append(device.client().get(path + "/members").text());
            state.append(device.client().get(path + "/retention").text());
        }
        state.append(server.operator().get("/v1/admin/accounts").expect(200).text());
        state.append(server.operator().get("/v1/admin/devices").expect(200).text());
        if (!TestStores.isCluster()) {
            state.append(server.operator().get("/v1/admin/jobs").expect(200).text());
        }
        return state.toString();
    }
}
