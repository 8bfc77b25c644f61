package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.http.Route;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.Problem;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Bad input to every route: a problem document, no stack trace, no effect. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BadInputTest {
    private static final String REBUILDS = "/v1/admin/repair/index-rebuilds";
    private static final String SCRUBS = "/v1/admin/repair/scrubs";
    private static final String UNKNOWN_ID = "0123456789abcdef0123456789abcdef";

    private static final List<String> BODIES =
            List.of(
                    "",
                    "{",
                    "null",
                    "[]",
                    "7",
                    "\"text\"",
                    "{}",
                    "{\"contents\":null,\"ops\":null,\"chunks\":null}",
                    "{\"contents\":[],\"ops\":[],\"chunks\":[],\"outstanding\":1}",
                    "{\"contents\":[null],\"ops\":[null],\"chunks\":[null],\"outstanding\":1}",
                    "{\"contents\":[{}],\"ops\":[{}],\"chunks\":[{}],\"outstanding\":1}",
                    "{\"ops\":[{\"op\":\"no_such\",\"sequence\":1}],\"outstanding\":1}",
                    "{\"ops\":[{\"op\":\"purge\",\"sequence\":1}],\"outstanding\":1}",
                    "{\"ops\":[{\"op\":\"purge\",\"sequence\":-1,\"node\":\"x\"}],\"outstanding\":-9}",
                    "{\"cursor\":\"%s\"}".formatted("x".repeat(5_000)),
                    "{\"cursor\":\"\\u0000\\ud800\"}",
                    "{\"name\":\"\",\"code\":\"\",\"token_hash\":\"%s\",\"platform\":\"\"}"
                            .formatted("0".repeat(64)),
                    "{\"name\":\"%s\",\"quota_bytes\":-5}".formatted("n".repeat(10_000)),
                    "{\"upload\":\"%s\",\"namespace\":\"%s\",\"declared_bytes\":-1}"
                            .formatted(UNKNOWN_ID, UNKNOWN_ID));

    private static final List<String> VALUES =
            List.of(
                    "x",
                    "..",
                    "%00",
                    "%ff",
                    "%F0%9F%98%80",
                    "a".repeat(33),
                    "g".repeat(32),
                    "-1",
                    "0".repeat(64),
                    UNKNOWN_ID);

    private final TestServer server = new TestServer();
    private final TestDevice device = server.account("ada");
    private String before = "";

    @BeforeAll
    void remember() {
        device.file("kept.txt", device.randomBytes(1_000));
        before = state();
    }

    @AfterAll
    void stop() {
        assertThat(state()).isEqualTo(before);
        server.close();
    }

    /** Everything that a wrong request could have changed and that can be seen. */
    private String state() {
        ChangesPage all = device.changes("");
        return all.entries()
                + server.operator().get("/v1/admin/accounts").expect(200).text()
                + server.operator().get("/v1/admin/devices").expect(200).text();
    }

    Stream<Route> routesWithAToken() {
        return server.gateway().openRoutes().stream()
                .filter(route -> !route.pattern().equals("/openapi.yaml"))
                .filter(route -> !route.pattern().equals("/v1/devices"))
                .filter(route -> !route.pattern().startsWith("/v1/data/"));
    }

    Stream<Route> adminRoutes() {
        return server.gateway().adminRoutes().stream()
                .filter(route -> route.pattern().startsWith("/v1/"));
    }

    private String path(Route route, String value) {
        return route.pattern()
                .replace("{ns}", device.ns().toString())
                .replaceAll("\\{\\w+}", value)
                .concat("?path=%2Fkept.txt&content=" + UNKNOWN_ID);
    }

    @ParameterizedTest
    @MethodSource("routesWithAToken")
    void wantsAKnownToken(Route route) {
        String body = "HEAD".equals(route.method()) || "GET".equals(route.method()) ? "" : "{}";
        for (String token :
                new String[] {null, "short", "a".repeat(43), "!".repeat(43), "a".repeat(5_000)}) {
            TestClient.Reply reply =
                    server.stranger()
                            .with(token)
                            .bytes(
                                    route.method(),
                                    path(
                                            route,
                                            UNKNOWN_ID.repeat(2).substring(0, 64).substring(32)),
                                    body.getBytes(StandardCharsets.UTF_8));
            if (!isStrange(route, token)) {
                assertThat(reply.status()).as("%s with %s", route, token).isEqualTo(401);
                assertThat(reply.header("WWW-Authenticate")).startsWith("Bearer");
            } else {
                assertThat(reply.status()).as("%s with %s", route, token).isBetween(400, 428);
            }
        }
    }

    /** A well-formed token that nobody has: what is wrong with the request may be told first. */
    private static boolean isStrange(Route route, String token) {
        return token != null && token.equals("a".repeat(43)) && !"GET".equals(route.method());
    }

    @ParameterizedTest
    @MethodSource("routesWithAToken")
    void refusesStrangeIdsAndBodies(Route route) {
        for (String value : VALUES) {
            for (String body : BODIES) {
                check(device.client(), route, path(route, value), body);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("adminRoutes")
    void refusesStrangeInputOfOperators(Route route) {
        if (route.method().equals("GET") || isOrder(route)) {
            return;
        }
        for (String value : VALUES) {
            for (String body : BODIES) {
                check(server.operator(), route, path(route, value), body);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("adminRoutes")
    void wantsTheAdminToken(Route route) {
        for (String token : new String[] {null, "x", device.client().token()}) {
            server.operator()
                    .with(token)
                    .bytes(route.method(), path(route, "ada"), new byte[0])
                    .problem(ProblemCode.NOT_SIGNED_IN);
        }
    }

    /** Orders that need nothing: any object is right, and jobs that nobody runs would pile up. */
    private static boolean isOrder(Route route) {
        return List.of("/v1/admin/fsck", "/v1/admin/gc/runs", REBUILDS, SCRUBS)
                .contains(route.pattern());
    }

    /** A GET without a body may be right; everything else must be refused, and never fail. */
    private static void check(TestClient client, Route route, String path, String body) {
        TestClient.Reply reply = client.json(route.method(), path, body);
        boolean mayBeRight =
                List.of("GET", "HEAD").contains(route.method())
                        || route.pattern().endsWith("/link-codes")
                        || (route.method().equals("DELETE") && reply.status() == 204)
                        || reply.status() == 204;
        assertThat(reply.status()).as("%s %s %s", route.method(), path, body).isLessThan(500);
        if (!mayBeRight) {
            assertThat(reply.status())
                    .as("%s %s %s", route.method(), path, body)
                    .isGreaterThanOrEqualTo(400);
        }
        if (reply.status() >= 400 && !route.method().equals("HEAD")) {
            Problem problem = reply.as(Problem.class);
            reply.problem(problem.code());
        }
    }

    @Test
    void registrationRefusesStrangeBodies() {
        for (String body : BODIES) {
            TestClient.Reply reply = server.stranger().json("POST", "/v1/devices", body);
            assertThat(reply.status()).as(body).isBetween(400, 499);
            reply.problem(reply.as(Problem.class).code());
        }
    }

    @Test
    void queriesOutOfBoundsAreRefused() {
        String ns = device.nsPath();
        String node = ns + "/nodes/" + device.root();
        List<String> bad = new ArrayList<>();
        for (String number : List.of("x", "-1", "1001", "9999999999", "", "1&limit=2")) {
            bad.add(node + "/children?limit=" + number);
            bad.add(ns + "/trash?limit=" + number);
            bad.add(ns + "/conflicts?limit=" + number);
            bad.add(ns + "/changes?limit=" + number);
        }
        for (String wait : List.of("x", "-1", "56", "1.5")) {
            bad.add(ns + "/changes?wait=" + wait);
        }
        bad.add(node + "/manifest?from=-1");
        bad.add(node + "/manifest?content_rev=0");
        bad.add(node + "/content?content_rev=x");
        bad.add(ns + "/by-path");
        for (String path : bad) {
            device.client().get(path).problem(ProblemCode.INVALID);
        }
    }

    @Test
    void cursorsAndTokensOfPagesThatNobodyGaveAreRefused() {
        Random random = new Random(7);
        String ns = device.nsPath();
        for (int i = 0; i < 200; i++) {
            byte[] noise = new byte[random.nextInt(1, 90)];
            random.nextBytes(noise);
            String text =
                    URLEncoder.encode(
                            i % 2 == 0
                                    ? java.util.Base64.getUrlEncoder().encodeToString(noise)
                                    : new String(noise, StandardCharsets.ISO_8859_1),
                            StandardCharsets.UTF_8);
            TestClient.Reply changes = device.client().get(ns + "/changes?cursor=" + text);
            assertThat(changes.status()).as(text).isIn(400, 410);
            for (String list :
                    List.of("/trash", "/conflicts", "/nodes/" + device.root() + "/children")) {
                TestClient.Reply reply = device.client().get(ns + list + "?after=" + text);
                assertThat(reply.status()).as(list + " " + text).isLessThan(500);
            }
        }
    }

    @Test
    void pathsThatCannotBeAreRefused() {
        for (String path :
                List.of("a//b", "/..", "/.", "/%00", "/" + "x".repeat(256), "/a".repeat(2_000))) {
            TestClient.Reply reply =
                    device.client()
                            .get(device.nsPath() + "/by-path?path=" + path.replace("/", "%2F"));
            assertThat(reply.status()).as(path).isIn(400, 404, 409);
            reply.problem(reply.as(Problem.class).code());
        }
    }
}
