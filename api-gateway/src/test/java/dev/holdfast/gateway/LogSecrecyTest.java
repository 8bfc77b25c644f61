package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.holdfast.gateway.http.routes.AdminRoutes;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.SecretRegistration;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** What the logs say of requests, and what they never say. */
class LogSecrecyTest {
    private static final String NAME = "my-private-diary.txt";
    private static final String SECRET = "never-write-this-down";
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final Logger ours = (Logger) LoggerFactory.getLogger("dev.holdfast");
    private Level before = Level.INFO;

    @BeforeEach
    void listen() {
        before = root.getLevel();
        root.setLevel(Level.INFO);
        ours.setLevel(Level.INFO);
        lines.start();
        root.addAppender(lines);
    }

    @AfterEach
    void stop() {
        root.detachAppender(lines);
        root.setLevel(before);
        ours.setLevel(null);
    }

    private List<String> written() {
        JsonLines json = new JsonLines();
        return List.copyOf(lines.list).stream()
                .map(event -> new String(json.encode(event), StandardCharsets.UTF_8))
                .toList();
    }

    @Test
    void noNameTokenOrSecretIsLoggedWhateverGoesWrong() {
        String token;
        String node;
        try (TestServer server = new TestServer()) {
            TestDevice ada = server.account("ada-lovelace");
            token = ada.client().token();
            NodeState file = ada.file(NAME, ada.randomBytes(100));
            node = file.node().toString();
            ada.client().get(ada.nsPath() + "/by-path?path=/" + NAME).expect(200);
            ada.client().get(ada.nsPath() + "/by-path?path=/x/" + NAME).expect(404);
            ada.client().post(ada.nsPath() + "/ops", "{\"ops\": \"" + NAME).expect(400);
            server.operator()
                    .json(
                            "PUT",
                            "/v1/admin/accounts/ada-lovelace/secret",
                            new AdminRoutes.NewSecret(SECRET))
                    .expect(204);
            server.stranger()
                    .post(
                            "/v1/devices",
                            new SecretRegistration(
                                    "ada-lovelace",
                                    SECRET + "x",
                                    Sha256.hash(new byte[1]),
                                    NAME,
                                    "test"))
                    .expect(401);
            server.stranger().with("wrong" + SECRET).get("/v1/namespaces").expect(401);
        }
        assertThat(written()).isNotEmpty();
        for (String line : written()) {
            assertThat(line)
                    .doesNotContain(NAME)
                    .doesNotContain(SECRET)
                    .doesNotContain(token)
                    .doesNotContain(TestServer.ADMIN_TOKEN)
                    .doesNotContain("ada-lovelace")
                    .doesNotContain(node);
        }
    }

    @Test
    void aRequestIsALineWithItsIdAndTrace() {
        try (TestServer server = new TestServer()) {
            TestDevice ada = server.account("ada");
            ada.client()
                    .get(
                            "/v1/namespaces",
                            "X-Request-Id",
                            "given-7",
                            "traceparent",
                            "00-" + TRACE + "-00f067aa0ba902b7-01")
                    .expect(200);
        }
        assertThat(written())
                .anySatisfy(line ->
                        assertThat(line)
                                .contains("\"request_id\":\"given-7\"")
                                .contains("\"trace_id\":\"" + TRACE + "\"")
                                .contains("\"parent_span_id\":\"00f067aa0ba902b7\"")
                                .contains("\"route\":\"/v1/namespaces\"")
                                .contains("\"status\":200")
                                .endsWith("}\n"));
    }
}
