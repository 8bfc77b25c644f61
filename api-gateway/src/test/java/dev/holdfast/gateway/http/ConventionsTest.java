package dev.holdfast.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.Ack;
import dev.holdfast.model.wire.Problem;
import dev.holdfast.model.wire.UploadStart;
import dev.holdfast.model.wire.WireJson;
import io.prometheus.client.CollectorRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What holds for every route, tried on routes made for it, over real sockets. */
class ConventionsTest {
    private static final int REQUESTS_MAX = 2;

    private final Semaphore entered = new Semaphore(0);
    private final CountDownLatch leave = new CountDownLatch(1);
    private final AtomicInteger effects = new AtomicInteger();
    private Listener listener;

    @BeforeEach
    void start() {
        List<Route> routes =
                List.of(
                        Route.of("GET", "/v1/thing", exchange -> exchange.json(new Ack("x"))),
                        Route.of("POST", "/v1/ack", this::ack),
                        Route.of("POST", "/v1/upload", this::upload),
                        Route.of("GET", "/v1/mine", this::mine),
                        Route.of("GET", "/v1/defect", this::defect),
                        Route.of("GET", "/v1/late", this::late),
                        Route.of("GET", "/v1/number", this::number),
                        Route.of("GET", "/v1/streamed", ConventionsTest::streamed),
                        Route.of("GET", "/v1/slow", this::slow));
        listener =
                Listener.start(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        null,
                        new Listener.Capacity(
                                REQUESTS_MAX,
                                10,
                                100,
                                Duration.ofSeconds(5),
                                Exchange.Patience.usual(),
                                new RateLimits(
                                        new RateLimits.Quota(3, Duration.ofHours(1)),
                                        new RateLimits.Quota(1_000, Duration.ofHours(1)),
                                        token -> null,
                                        System::nanoTime)),
                        routes,
                        new HttpMetrics(new CollectorRegistry()));
    }

    @AfterEach
    void stop() {
        leave.countDown();
        listener.close();
    }

    private void ack(Exchange exchange) {
        Ack ack = exchange.body(Ack.class);
        effects.incrementAndGet();
        exchange.json(ack);
    }

    private void upload(Exchange exchange) {
        UploadStart start = exchange.body(UploadStart.class);
        effects.incrementAndGet();
        exchange.json(start);
    }

    private void mine(Exchange exchange) {
        exchange.caller();
        exchange.empty(204);
    }

    private void defect(Exchange exchange) {
        throw new IllegalStateException("secret detail of " + exchange.requestId());
    }

    private void late(Exchange exchange) throws IOException {
        try (OutputStream out = exchange.streamed(200, "text/plain", 1 << 20)) {
            out.write(new byte[512 << 10]);
            throw new IllegalStateException("in the middle of the answer");
        }
    }

    private static void streamed(Exchange exchange) throws IOException {
        int bytes = (int) exchange.number("bytes", 0, 0, 1 << 20);
        try (OutputStream out = exchange.streamed(200, "text/plain", bytes)) {
            for (int i = 0; i < bytes; i++) {
                out.write('a' + i % 26);
            }
        }
    }

    private void number(Exchange exchange) {
        exchange.json(new Ack("" + exchange.number("n", 7, 1, 9)));
    }

    private void slow(Exchange exchange) throws InterruptedException {
        entered.release();
        leave.await();
        exchange.empty(204);
    }

    private RawClient.Reply ask(String request) throws IOException {
        try (RawClient client = new RawClient(listener.port())) {
            client.send(request);
            return client.receive();
        }
    }

    private RawClient.Reply post(String path, String type, String body) throws IOException {
        return ask(
                "POST "
                        + path
                        + " HTTP/1.1\nHost: x\nContent-Type: "
                        + type
                        + "\nContent-Length: "
                        + body.length()
                        + "\n\n"
                        + body);
    }

    private static Problem problem(RawClient.Reply reply, int status, String code)
            throws IOException {
        assertThat(reply.status()).as(reply.text()).isEqualTo(status);
        assertThat(reply.header("content-type")).isEqualTo("application/problem+json");
        assertThat(reply.text()).doesNotContain("Exception").doesNotContain("\tat ");
        Problem problem = WireJson.mapper().readValue(reply.body(), Problem.class);
        assertThat(problem.code().toString()).isEqualTo(code);
        assertThat(problem.status()).isEqualTo(status);
        assertThat(problem.requestId()).isEqualTo(reply.header("x-request-id")).isNotBlank();
        assertThat(problem.detail()).isNotBlank();
        return problem;
    }

    @Test
    void keepsAConnectionOpenForManyRequests() throws IOException {
        try (RawClient client = new RawClient(listener.port())) {
            for (int i = 0; i < 50; i++) {
                client.send("GET /v1/thing HTTP/1.1\nHost: x\n\n");
                assertThat(client.receive().status()).isEqualTo(200);
            }
        }
    }

    @Test
    void keepsAConnectionOpenAfterAProblemWithABody() throws IOException {
        try (RawClient client = new RawClient(listener.port())) {
            for (int i = 0; i < 5; i++) {
                client.send("POST /v1/nowhere HTTP/1.1\nHost: x\nContent-Length: 200000\n\n");
                client.send(new byte[200_000]);
                problem(client.receive(), 404, "not-found");
            }
        }
    }

    @Test
    void answersUnknownPathsAndMethodsWithProblems() throws IOException {
        problem(ask("GET /v1/nowhere HTTP/1.1\nHost: x\n\n"), 404, "not-found");
        problem(ask("GET /../../etc/passwd HTTP/1.1\nHost: x\n\n"), 404, "not-found");
        RawClient.Reply reply = ask("DELETE /v1/thing HTTP/1.1\nHost: x\n\n");
        problem(reply, 405, "method-not-allowed");
        assertThat(reply.header("allow")).isEqualTo("GET");
    }

    @Test
    void answersWhatIsNotHttpWithAProblem() throws IOException {
        problem(ask("GET /v1/thing HTTP/1.1\nHost: not a host\n\n"), 400, "invalid");
        problem(ask("GET /v1/%zz HTTP/1.1\nHost: x\n\n"), 400, "invalid");
        problem(ask("POST /v1/ack HTTP/1.1\nHost: x\nContent-Length: -1\n\n"), 400, "invalid");
        problem(
                ask("GET /v1/thing HTTP/1.1\nHost: x\nX: " + "y".repeat(20_000) + "\n\n"),
                400,
                "invalid");
        problem(ask("GET /" + "y".repeat(9_000) + " HTTP/1.1\nHost: x\n\n"), 400, "invalid");
        problem(
                ask(
                        """
                        POST /v1/ack HTTP/1.1
                        Host: x
                        Transfer-Encoding: chunked
                        Content-Length: 3

                        0

                        """),
                400,
                "invalid");
    }

    @Test
    void aHarmlessRequestIdIsKeptAndAnotherIsNot() throws IOException {
        assertThat(
                        ask("GET /v1/thing HTTP/1.1\nHost: x\nX-Request-Id: a-1_Z\n\n")
                                .header("x-request-id"))
                .isEqualTo("a-1_Z");
        assertThat(
                        ask("GET /v1/thing HTTP/1.1\nHost: x\nX-Request-Id: a b\n\n")
                                .header("x-request-id"))
                .hasSize(16);
    }

    @Test
    void refusesBadJsonBeforeAnyEffect() throws IOException {
        String json = "application/json";
        problem(post("/v1/ack", json, "{"), 400, "invalid");
        problem(post("/v1/ack", json, ""), 400, "invalid");
        problem(post("/v1/ack", json, "null"), 400, "invalid");
        problem(post("/v1/ack", json, "[]"), 400, "invalid");
        problem(post("/v1/ack", json, "{\"cursor\":\"a\"} x"), 400, "invalid");
        assertThat(problem(post("/v1/ack", json, "{}"), 400, "invalid").detail())
                .contains("cursor");
        problem(post("/v1/ack", json, "{\"cursor\":null}"), 400, "invalid");
        problem(post("/v1/ack", json, "{\"cursor\":{}}"), 400, "invalid");
        problem(post("/v1/ack", json, "{\"cursor\":" + "[".repeat(100_000)), 400, "invalid");
        problem(
                post("/v1/ack", json, "{\"cursor\":\"" + "x".repeat(100_000) + "\"}"),
                400,
                "invalid");
        problem(post("/v1/ack", "text/plain", "{\"cursor\":\"a\"}"), 415, "unsupported-media-type");
        String upload = "{\"upload\":\"%s\",\"namespace\":\"%s\",\"declared_bytes\":%s}";
        String id = "0".repeat(32);
        assertThat(
                        problem(
                                        post("/v1/upload", json, upload.formatted("xy", id, "1")),
                                        400,
                                        "invalid")
                                .detail())
                .contains("upload")
                .contains("32 hexadecimal digits");
        problem(post("/v1/upload", json, upload.formatted(id, id, "1e400")), 400, "invalid");
        problem(post("/v1/upload", json, upload.formatted(id, id, "null")), 400, "invalid");
        assertThat(effects.get()).isZero();
        assertThat(post("/v1/upload", json, upload.formatted(id, id, "1")).status()).isEqualTo(200);
        assertThat(effects.get()).isEqualTo(1);
    }

    @Test
    void refusesABodyThatIsTooLargeWhetherItSaysSoOrNot() throws IOException {
        int tooMuch = (4 << 20) + 1;
        try (RawClient client = new RawClient(listener.port())) {
            client.send("POST /v1/ack HTTP/1.1\nHost: x\nContent-Length: " + tooMuch + "\n\n");
            client.send(new byte[tooMuch]);
            problem(client.receive(), 413, "too-large");
        }
        try (RawClient client = new RawClient(listener.port())) {
            client.send("POST /v1/ack HTTP/1.1\nHost: x\nTransfer-Encoding: chunked\n\n");
            client.send(Integer.toHexString(tooMuch) + "\n");
            client.send(new byte[tooMuch]);
            client.send("\n0\n\n");
            problem(client.receive(), 413, "too-large");
        }
        assertThat(effects.get()).isZero();
    }

    @Test
    void aBodyThatIsCutHasNoEffectAndTheServerGoesOn() throws IOException {
        try (RawClient client = new RawClient(listener.port())) {
            client.send(
                    "POST /v1/ack HTTP/1.1\nHost: x\nContent-Length: 100\n\n{\"cursor\":\"a\"}");
            client.endOfSending();
            assertThat(client.isAtEnd()).isTrue();
        }
        assertThat(effects.get()).isZero();
        assertThat(ask("GET /v1/thing HTTP/1.1\nHost: x\n\n").status()).isEqualTo(200);
    }

    @Test
    void asksForATokenInTheRightForm() throws IOException {
        String request = "GET /v1/mine HTTP/1.1\nHost: x\n";
        RawClient.Reply reply = ask(request + "\n");
        problem(reply, 401, "not-signed-in");
        assertThat(reply.header("www-authenticate")).startsWith("Bearer");
        problem(ask(request + "Authorization: Basic eDp5\n\n"), 401, "not-signed-in");
        problem(ask(request + "Authorization: Bearer short\n\n"), 401, "not-signed-in");
        problem(
                ask(request + "Authorization: Bearer " + "!".repeat(43) + "\n\n"),
                401,
                "not-signed-in");
        assertThat(ask(request + "Authorization: bearer " + "a".repeat(43) + "\n\n").status())
                .isEqualTo(204);
    }

    @Test
    void everyAnswerCarriesTheHeadersThatKeepBrowsersFromHarm() throws IOException {
        for (String path : List.of("/v1/thing", "/v1/mine", "/v1/defect", "/nowhere")) {
            RawClient.Reply reply = ask("GET " + path + " HTTP/1.1\nHost: x\n\n");
            assertThat(reply.header("x-content-type-options")).isEqualTo("nosniff");
            assertThat(reply.header("content-security-policy")).contains("default-src 'none'");
            assertThat(reply.header("cross-origin-resource-policy")).isEqualTo("same-origin");
            assertThat(reply.header("referrer-policy")).isEqualTo("no-referrer");
            assertThat(reply.header("strict-transport-security")).isEmpty();
            assertThat(reply.header("x-request-id")).isNotEmpty();
        }
    }

    @Test
    void otherSitesAreNotAllowedToRead() throws IOException {
        String origin = "Origin: https://elsewhere.example\n";
        RawClient.Reply reply = ask("GET /v1/thing HTTP/1.1\nHost: x\n" + origin + "\n");
        assertThat(reply.header("access-control-allow-origin")).isEmpty();
        RawClient.Reply before =
                ask(
                        "OPTIONS /v1/ack HTTP/1.1\nHost: x\n"
                                + origin
                                + "Access-Control-Request-Method: POST\n\n");
        problem(before, 405, "method-not-allowed");
        assertThat(before.header("access-control-allow-origin")).isEmpty();
        assertThat(before.header("access-control-allow-methods")).isEmpty();
    }

    @Test
    void aConnectionIsClosedAfterTheAnswerWhenTheClientAsksForIt() throws IOException {
        for (String path : List.of("/v1/thing", "/v1/mine")) {
            try (RawClient client = new RawClient(listener.port())) {
                client.send("GET " + path + " HTTP/1.1\nHost: x\nConnection: close\n\n");
                client.receive();
                assertThat(client.isAtEnd()).isTrue();
            }
        }
    }

    @Test
    void everyBodyHasItsDigest() throws IOException {
        for (String path : List.of("/v1/thing", "/v1/nowhere")) {
            RawClient.Reply reply = ask("GET " + path + " HTTP/1.1\nHost: x\n\n");
            assertThat(reply.header("content-digest"))
                    .isEqualTo(Exchange.digest(Sha256.hash(reply.body())));
        }
    }

    @Test
    void aStreamHasItsDigestBehindItForWhoTakesTrailers() throws IOException {
        try (RawClient client = new RawClient(listener.port())) {
            for (int bytes : List.of(0, 5, 300_000)) {
                String line = "GET /v1/streamed?bytes=" + bytes + " HTTP/1.1\nHost: x\n";
                client.send(line + "TE: trailers\nConnection: TE\n\n");
                RawClient.Reply told = client.receive();
                assertThat(told.body()).hasSize(bytes);
                assertThat(told.header("content-digest"))
                        .isEqualTo(Exchange.digest(Sha256.hash(told.body())));
                client.send(line + "\n");
                RawClient.Reply plain = client.receive();
                assertThat(plain.body()).as("nothing is left of what came before").hasSize(bytes);
                assertThat(plain.header("content-length")).isEqualTo("" + bytes);
                assertThat(plain.header("content-digest"))
                        .isEqualTo(bytes == 0 ? Exchange.digest(Sha256.hash(new byte[0])) : "");
            }
        }
    }

    @Test
    void aBodyThatIsNotWhatItsDigestSaysHasNoEffect() throws IOException {
        String body = "{\"cursor\":\"x\"}";
        String head =
                "POST /v1/ack HTTP/1.1\nHost: x\nContent-Type: application/json\nContent-Length: "
                        + body.length()
                        + "\nContent-Digest: ";
        String right = Exchange.digest(Sha256.hash(body.getBytes(StandardCharsets.UTF_8)));
        String wrong = Exchange.digest(Sha256.hash(new byte[0]));
        problem(ask(head + wrong + "\n\n" + body), 422, "digest-mismatch");
        problem(ask(head + "sha-256=:" + "=".repeat(43) + ":\n\n" + body), 400, "invalid");
        assertThat(effects.get()).isZero();
        assertThat(ask(head + "md5=:x:, " + right + "\n\n" + body).status()).isEqualTo(200);
    }

    @Test
    void aDeviceThatAsksTooOftenIsToldWhenToComeBack() throws IOException {
        String request =
                "GET /v1/mine HTTP/1.1\nHost: x\nAuthorization: Bearer " + "b".repeat(43) + "\n\n";
        for (int left = 2; left >= 0; left--) {
            RawClient.Reply reply = ask(request);
            assertThat(reply.status()).isEqualTo(204);
            assertThat(reply.header("ratelimit")).startsWith("\"device\";r=" + left + ";t=");
            assertThat(reply.header("ratelimit-policy"))
                    .isEqualTo("\"device\";q=3;w=3600, \"account\";q=1000;w=3600");
        }
        RawClient.Reply refused = ask(request);
        problem(refused, 429, "rate-limited");
        assertThat(Integer.parseInt(refused.header("retry-after"))).isBetween(1_000, 1_200);
        assertThat(refused.header("ratelimit")).startsWith("\"device\";r=0;t=");
        String another = request.replace('b', 'c');
        assertThat(ask(another.replace("cearer", "Bearer")).status()).isEqualTo(204);
    }

    @Test
    void aDefectIsAProblemThatTellsNothing() throws IOException {
        Problem problem = problem(ask("GET /v1/defect HTTP/1.1\nHost: x\n\n"), 500, "internal");
        assertThat(problem.detail()).doesNotContain("secret");
    }

    @Test
    void aFailureInTheMiddleOfAnAnswerCutsTheConnection() throws IOException {
        try (RawClient client = new RawClient(listener.port())) {
            client.send("GET /v1/late HTTP/1.1\nHost: x\n\n");
            assertThatThrownBy(client::receive).isInstanceOf(IOException.class);
        }
        assertThat(ask("GET /v1/thing HTTP/1.1\nHost: x\n\n").status()).isEqualTo(200);
    }

    @Test
    void numbersOfTheQueryHaveBounds() throws IOException {
        assertThat(ask("GET /v1/number HTTP/1.1\nHost: x\n\n").text()).contains("\"7\"");
        assertThat(ask("GET /v1/number?n=9 HTTP/1.1\nHost: x\n\n").text()).contains("\"9\"");
        for (String bad :
                List.of("0", "10", "-1", "x", "", "1e2", "99999999999999999999", "1&n=2")) {
            problem(ask("GET /v1/number?n=" + bad + " HTTP/1.1\nHost: x\n\n"), 400, "invalid");
        }
    }

    @Test
    void beyondItsCapacityItRefusesAtOnceAndRecovers() throws Exception {
        try (RawClient first = new RawClient(listener.port());
                RawClient second = new RawClient(listener.port())) {
            first.send("GET /v1/slow HTTP/1.1\nHost: x\n\n");
            second.send("GET /v1/slow HTTP/1.1\nHost: x\n\n");
            entered.acquire(REQUESTS_MAX);
            RawClient.Reply reply = ask("GET /v1/thing HTTP/1.1\nHost: x\n\n");
            assertThat(problem(reply, 503, "unavailable").retryable()).isTrue();
            assertThat(reply.header("retry-after")).isEqualTo("1");
            leave.countDown();
            assertThat(first.receive().status()).isEqualTo(204);
            assertThat(second.receive().status()).isEqualTo(204);
        }
        assertThat(ask("GET /v1/thing HTTP/1.1\nHost: x\n\n").status()).isEqualTo(200);
    }
}
