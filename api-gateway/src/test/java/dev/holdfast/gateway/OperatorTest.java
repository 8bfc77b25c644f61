package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.http.routes.AdminRoutes;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.DeviceRegistered;
import dev.holdfast.model.wire.DeviceRegistration;
import dev.holdfast.model.wire.LinkCode;
import dev.holdfast.model.wire.NodeState;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The admin listener, and what it means to devices. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OperatorTest {
    private static final String ACCOUNTS = "/v1/admin/accounts";

    private final TestServer server = new TestServer();

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void accountsAreMadeListedDisabledAndEnabled() {
        TestClient operator = server.operator();
        TestDevice carol = server.account("carol");
        operator.post(ACCOUNTS, "{\"name\":\"carol\"}").expect(409);
        operator.post(ACCOUNTS, "{\"name\":\"x\",\"quota_bytes\":-1}").problem(ProblemCode.INVALID);
        operator.post(ACCOUNTS + "/nobody/disable", "").problem(ProblemCode.NOT_FOUND);
        operator.post(ACCOUNTS + "/nobody/codes", "").problem(ProblemCode.NOT_FOUND);
        operator.post(ACCOUNTS + "/carol/disable", "").expect(204);
        assertThat(carol.client().get("/v1/namespaces").status()).isIn(401, 403);
        operator.post(ACCOUNTS + "/carol/enable", "").expect(204);
        carol.client().get("/v1/namespaces").expect(200);
        AdminRoutes.AccountList list =
                operator.get(ACCOUNTS).expect(200).as(AdminRoutes.AccountList.class);
        assertThat(list.accounts())
                .filteredOn(account -> account.name().equals("carol"))
                .singleElement()
                .satisfies(account -> assertThat(account.enabled()).isTrue());
    }

    /** They make something new each time, and must not look as if they did not. */
    @Test
    void whatCannotBeRepeatedRefusesAnIdempotencyKey() {
        TestDevice device = server.account("kim");
        TestClient operator = server.operator();
        String[] key = {"Idempotency-Key", "key-1"};
        byte[] nothing = new byte[0];
        device.client().bytes("POST", "/v1/link-codes", nothing, key).problem(ProblemCode.INVALID);
        device.client().bytes("POST", "/v1/link-codes", nothing).expect(201);
        operator.bytes("POST", ACCOUNTS + "/kim/codes", nothing, key).problem(ProblemCode.INVALID);
        if (TestStores.isCluster()) {
            return;
        }
        String jobs = operator.get("/v1/admin/jobs").expect(200).text();
        for (String path :
                List.of(
                        "/v1/admin/fsck",
                        "/v1/admin/gc/runs",
                        "/v1/admin/repair/scrubs",
                        "/v1/admin/repair/index-rebuilds")) {
            operator.bytes("POST", path, nothing, key).problem(ProblemCode.INVALID);
        }
        assertThat(operator.get("/v1/admin/jobs").expect(200).text()).isEqualTo(jobs);
    }

    @Test
    void aDeviceIsRevokedAtItsNextRequest() {
        TestDevice dora = server.account("dora");
        dora.client().get("/v1/namespaces").expect(200);
        server.operator().delete("/v1/admin/devices/" + dora.registered().device()).expect(204);
        dora.client().get("/v1/namespaces").problem(ProblemCode.NOT_SIGNED_IN);
        server.operator()
                .delete("/v1/admin/devices/" + "0".repeat(32))
                .problem(ProblemCode.NOT_FOUND);
    }

    @Test
    void aCodeLinksOneDeviceAndTheSameDeviceAgain() {
        TestClient operator = server.operator();
        LinkCode code =
                operator.post(ACCOUNTS, "{\"name\":\"eve\"}").expect(201).as(LinkCode.class);
        DeviceRegistration mine =
                new DeviceRegistration(code.code(), Sha256.hash(new byte[] {1}), "a", "x");
        DeviceRegistration other =
                new DeviceRegistration(code.code(), Sha256.hash(new byte[] {2}), "b", "x");
        DeviceRegistered first =
                server.stranger().post("/v1/devices", mine).expect(201).as(DeviceRegistered.class);
        DeviceRegistered again =
                server.stranger().post("/v1/devices", mine).expect(201).as(DeviceRegistered.class);
        assertThat(again).isEqualTo(first);
        assertThat(server.stranger().post("/v1/devices", other).status()).isBetween(400, 499);
    }

    @Test
    void guessingCodesIsSlowedDown() {
        // A server of its own, for its address is slowed down from here on.
        try (TestServer guessed = new TestServer()) {
            TestClient stranger = guessed.stranger();
            int refused = 0;
            TestClient.Reply reply = guess(stranger, refused);
            while (reply.status() != 429 && refused < 60) {
                refused++;
                reply = guess(stranger, refused);
            }
            assertThat(refused).isBetween(30, 32);
            reply.problem(ProblemCode.RATE_LIMITED);
            assertThat(Integer.parseInt(reply.header("Retry-After"))).isBetween(1, 60);
        }
    }

    private static TestClient.Reply guess(TestClient stranger, int number) {
        return stranger.post(
                "/v1/devices",
                new DeviceRegistration(
                        "%05d-%05d".formatted(number, number),
                        Sha256.hash(new byte[] {(byte) number}),
                        "guess",
                        "x"));
    }

    @Test
    void probesAnswerWithoutAToken() {
        TestClient anyone = server.operator().with(null);
        anyone.get("/health/live").expect(200);
        anyone.get("/health/started").expect(200);
        assertThat(anyone.get("/health/ready").expect(200).text()).contains("ready");
        AdminRoutes.ServerStatus status =
                server.operator()
                        .get("/v1/admin/status")
                        .expect(200)
                        .as(AdminRoutes.ServerStatus.class);
        assertThat(status.missing()).isEmpty();
        assertThat(status.url()).isEqualTo(server.gateway().url());
        assertThat(status.cell()).isEqualTo(server.metadata().cellId());
    }

    @Test
    void metricsCountAndNameNobody() {
        TestDevice fred = server.account("fred");
        NodeState node = fred.file("secret-name.txt", fred.randomBytes(1_000));
        fred.client().get(fred.nsPath() + "/nodes/" + node.node() + "/content").expect(200);
        String metrics = server.operator().with(null).get("/metrics").expect(200).text();
        assertThat(metrics)
                .contains("holdfast_http_requests_total")
                .contains("holdfast_chunk_bytes_total")
                .contains("holdfast_feed_waiters")
                .doesNotContain("secret-name")
                .doesNotContain("fred")
                .doesNotContain(node.node().toString())
                .doesNotContain(fred.ns().toString());
    }
}
