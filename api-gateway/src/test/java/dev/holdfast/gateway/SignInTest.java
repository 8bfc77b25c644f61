package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.http.routes.AdminRoutes;
import dev.holdfast.gateway.http.routes.DataRoutes;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.DeviceRegistered;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.Problem;
import dev.holdfast.model.wire.SecretRegistration;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Accounts with secrets, and signed addresses. */
class SignInTest {
    private static final String SECRET = "a rather long secret";

    private static TestClient.Reply signIn(
            TestServer server, String account, String secret, String token) {
        return server.stranger()
                .post(
                        "/v1/devices",
                        new SecretRegistration(
                                account,
                                secret,
                                Sha256.hash(token.getBytes(StandardCharsets.US_ASCII)),
                                "phone",
                                "test"));
    }

    private static String token(char letter) {
        return String.valueOf(letter).repeat(43);
    }

    private static TestClient.Reply setSecret(TestServer server, String account, String secret) {
        return server.operator()
                .json(
                        "PUT",
                        "/v1/admin/accounts/" + account + "/secret",
                        new AdminRoutes.NewSecret(secret));
    }

    @Test
    void aSecretLinksADeviceWithoutACodeAndAgainAlike() {
        try (TestServer server = new TestServer()) {
            server.account("ada");
            setSecret(server, "ada", SECRET).expect(204);
            DeviceRegistered first =
                    signIn(server, "ada", SECRET, token('a'))
                            .expect(201)
                            .as(DeviceRegistered.class);
            DeviceRegistered again =
                    signIn(server, "ada", SECRET, token('a'))
                            .expect(201)
                            .as(DeviceRegistered.class);
            assertThat(again).isEqualTo(first);
            server.stranger().with(token('a')).get("/v1/namespaces").expect(200);
            setSecret(server, "ada", "another long secret").expect(204);
            signIn(server, "ada", SECRET, token('b')).problem(ProblemCode.NOT_SIGNED_IN);
            server.stranger().with(token('a')).get("/v1/namespaces").expect(200);
            server.operator().delete("/v1/admin/accounts/ada/secret").expect(204);
            signIn(server, "ada", "another long secret", token('b'))
                    .problem(ProblemCode.NOT_SIGNED_IN);
        }
    }

    @Test
    void nothingTellsWhichAccountsThereAre() {
        try (TestServer server = new TestServer()) {
            server.account("known");
            server.account("bare");
            server.account("disabled");
            setSecret(server, "known", SECRET).expect(204);
            setSecret(server, "disabled", SECRET).expect(204);
            server.operator().post("/v1/admin/accounts/disabled/disable", "").expect(204);
            Problem wrong =
                    signIn(server, "known", "not the right secret", token('a'))
                            .problem(ProblemCode.NOT_SIGNED_IN);
            for (String account : new String[] {"bare", "disabled", "nobody", "\u0000", ""}) {
                Problem other =
                        signIn(server, account, SECRET, token('a'))
                                .problem(ProblemCode.NOT_SIGNED_IN);
                assertThat(other.detail()).as(account).isEqualTo(wrong.detail());
            }
        }
    }

    @Test
    void guessesForAnAccountAreSlowedDownWhetherOrNotThereIsOne() {
        try (TestServer server = new TestServer()) {
            server.account("ada");
            setSecret(server, "ada", SECRET).expect(204);
            for (String account : new String[] {"ada", "nobody"}) {
                int refused = 0;
                while (signIn(server, account, "wrong" + refused, token('a')).status() == 401) {
                    refused++;
                    assertThat(refused).isLessThan(30);
                }
                assertThat(refused).as(account).isEqualTo(10);
                Problem problem =
                        signIn(server, account, SECRET, token('a'))
                                .problem(ProblemCode.RATE_LIMITED);
                assertThat(problem.retryable()).isTrue();
            }
        }
    }

    @Test
    void halfABodyIsRefusedInAWord() {
        try (TestServer server = new TestServer()) {
            String rest =
                    "\"token_hash\":\"%s\",\"name\":\"n\",\"platform\":\"p\"}"
                            .formatted("ab".repeat(32));
            for (String start :
                    new String[] {
                        "{",
                        "{\"account\":\"ada\",",
                        "{\"secret\":\"x\",",
                        "{\"code\":\"x\",\"account\":\"ada\",\"secret\":\"x\","
                    }) {
                server.stranger().post("/v1/devices", start + rest).problem(ProblemCode.INVALID);
            }
            server.account("ada");
            setSecret(server, "ada", "short").problem(ProblemCode.INVALID);
            setSecret(server, "nobody", SECRET).problem(ProblemCode.NOT_FOUND);
        }
    }

    @Test
    void aSignedAddressIsReadWithoutATokenUntilARightIsLost() {
        try (TestServer server = new TestServer()) {
            TestDevice ada = server.account("ada");
            TestDevice lost = server.another("ada");
            byte[] bytes = ada.randomBytes(5_000);
            NodeState node = ada.file("file", bytes);
            String sign = ada.nsPath() + "/nodes/" + node.node() + "/content-address";
            DataRoutes.ContentAddress address =
                    ada.client()
                            .post(sign + "?seconds=60", "")
                            .expect(201)
                            .as(DataRoutes.ContentAddress.class);
            TestClient anyone = server.stranger();
            assertThat(anyone.get(address.path()).expect(200).bytes()).isEqualTo(bytes);
            TestClient.Reply part = anyone.get(address.path(), "Range", "bytes=10-19");
            assertThat(part.expect(206).bytes()).hasSize(10);
            anyone.get(address.path().replace("/v1/data/A", "/v1/data/B"))
                    .problem(ProblemCode.NOT_FOUND);
            ada.client().post(sign + "?seconds=61", "").problem(ProblemCode.INVALID);
            server.account("bob").client().post(sign, "").problem(ProblemCode.NOT_FOUND);
            ada.client().delete("/v1/devices/" + lost.registered().device()).expect(204);
            anyone.get(address.path()).problem(ProblemCode.NOT_FOUND);
        }
    }
}
