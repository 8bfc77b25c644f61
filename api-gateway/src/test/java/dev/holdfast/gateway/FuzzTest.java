package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.http.Route;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.Problem;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Random requests to all routes of a device, half right and half wrong: never a failure of the
 * server, never a change by a request that was refused. Replay a run with -Dholdfast.seed=N.
 */
class FuzzTest {
    private static final int REQUESTS = Integer.getInteger("holdfast.fuzz.requests", 1_500);

    private static final List<String> QUERIES =
            List.of(
                    "cursor",
                    "wait",
                    "limit",
                    "after",
                    "path",
                    "from",
                    "content_rev",
                    "content",
                    "mtime_nanos",
                    "executable");

    private static final List<String> HEADERS =
            List.of("Range", "If-Match", "If-None-Match", "If-Range", "Content-Digest");

    private static final List<String> VALUES =
            List.of(
                    "",
                    "0",
                    "1",
                    "-1",
                    "7",
                    "1000",
                    "9223372036854775807",
                    "x",
                    "/",
                    "/kept.txt",
                    "*",
                    "\"c1\"",
                    "bytes=0-3",
                    "bytes=5-",
                    "sha-256=:AAAA:",
                    "true",
                    "\u00e9\ud83d\ude00",
                    "a b&c=d%");

    private final long seed = Long.getLong("holdfast.seed", 20_261_122L);
    private final Random random = new Random(seed);
    private final List<String> ids = new ArrayList<>();

    @Test
    void noRequestMakesTheServerFailAndNoRefusedOneHasAnEffect() {
        try (TestServer server = new TestServer()) {
            TestDevice device = server.account("ada");
            NodeState kept = device.file("kept.txt", device.randomBytes(1_000));
            ids.add(device.ns().toString());
            ids.add(device.root().toString());
            ids.add(kept.node().toString());
            ids.add(device.begin(1 << 20).toString());
            ids.add("0123456789abcdef0123456789abcdef");
            List<Route> routes =
                    server.gateway().openRoutes().stream()
                            .filter(route -> !route.pattern().startsWith("/v1/devices"))
                            .toList();
            String cursor = device.changes("").cursor();
            int refused = 0;
            for (int i = 0; i < REQUESTS; i++) {
                String what = "seed " + seed + ", request " + i;
                TestClient.Reply reply = request(device, routes.get(random.nextInt(routes.size())));
                assertThat(reply.status()).as(what + ": " + reply).isLessThan(500);
                ChangesPage page = device.changes("?cursor=" + cursor);
                if (reply.status() >= 400) {
                    refused++;
                    assertThat(page.entries()).as(what + ": " + reply).isEmpty();
                    if (!reply.text().isEmpty()) {
                        reply.problem(reply.as(Problem.class).code());
                    }
                }
                cursor = page.cursor();
            }
            assertThat(refused).isBetween(REQUESTS / 10, REQUESTS - 1);
            device.client()
                    .bytes(
                            "PUT",
                            device.nsPath() + "/files/by-path?path=%2Fafter.txt",
                            device.randomBytes(10),
                            "If-None-Match",
                            "*")
                    .expect(201);
        }
    }

    private TestClient.Reply request(TestDevice device, Route route) {
        StringBuilder path = new StringBuilder();
        for (String part : route.pattern().substring(1).split("/", -1)) {
            path.append('/').append(part.startsWith("{") ? parameter(device, part) : part);
        }
        char separator = '?';
        for (String name : QUERIES) {
            if (random.nextInt(4) == 0) {
                String value = name.equals("wait") ? "" + random.nextInt(-1, 1) : value();
                path.append(separator)
                        .append(name)
                        .append('=')
                        .append(URLEncoder.encode(value, StandardCharsets.UTF_8));
                separator = '&';
            }
        }
        List<String> headers = new ArrayList<>();
        for (String name : HEADERS) {
            if (random.nextInt(6) == 0) {
                headers.add(name);
                headers.add(value().replaceAll("[^ -~]", "?"));
            }
        }
        boolean bare = List.of("GET", "HEAD").contains(route.method());
        if (!bare && random.nextInt(5) > 0) {
            headers.add("Content-Type");
            headers.add(
                    route.pattern().endsWith("/chunks") && random.nextBoolean()
                            ? "application/vnd.holdfast.frames"
                            : "application/json");
        }
        return device.client()
                .send(
                        route.method(),
                        path.toString(),
                        bare
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(body(device)),
                        headers.toArray(String[]::new));
    }

    private String parameter(TestDevice device, String part) {
        if (part.equals("{ns}") && random.nextInt(8) > 0) {
            return device.ns().toString();
        }
        return random.nextInt(8) > 0
                ? id()
                : URLEncoder.encode("x" + value(), StandardCharsets.UTF_8);
    }

    private String id() {
        return ids.get(random.nextInt(ids.size()));
    }

    private String value() {
        return random.nextInt(3) == 0 ? id() : VALUES.get(random.nextInt(VALUES.size()));
    }

    private byte[] body(TestDevice device) {
        return switch (random.nextInt(6)) {
            case 0 -> device.randomBytes(random.nextInt(300));
            case 1 ->
                    TestDevice.frames(
                            TestDevice.frame(device.newContent(), device.randomBytes(50)));
            default -> json().getBytes(StandardCharsets.UTF_8);
        };
    }

    /** JSON with the properties that bodies have, some of them right. */
    private String json() {
        String chunk = "{\"hash\":\"%s\",\"length\":%s}".formatted("ab".repeat(32), number());
        String op =
                ("{\"op\":\"%s\",\"sequence\":%s,\"node\":\"%s\",\"parent\":\"%s\",\"name\":\"n%d\","
                                + "\"content\":\"%s\",\"base_content_rev\":%s,\"content_rev\":%s,"
                                + "\"mtime_nanos\":1,\"executable\":false,\"target\":\"t\","
                                + "\"base_parent\":\"%s\",\"base_name\":\"kept.txt\","
                                + "\"on_conflict\":\"%s\"}")
                        .formatted(
                                operation(),
                                random.nextBoolean() ? random.nextInt(1, 100_000) : number(),
                                random.nextBoolean() ? fresh() : id(),
                                id(),
                                random.nextInt(50),
                                id(),
                                number(),
                                number(),
                                id(),
                                random.nextBoolean() ? "reject" : "keep_both");
        String whole =
                ("{\"cursor\":\"%s\",\"upload\":\"%s\",\"namespace\":\"%s\",\"declared_bytes\":%s,"
                                + "\"outstanding\":%s,\"ops\":[%s],"
                                + "\"contents\":[{\"content\":\"%s\",\"part\":%s,\"last\":true,"
                                + "\"chunks\":[%s]}],"
                                + "\"chunks\":[{\"node\":\"%s\",\"content_rev\":%s,\"index\":%s}]}")
                        .formatted(
                                id(),
                                id(),
                                id(),
                                number(),
                                random.nextInt(3),
                                op,
                                fresh(),
                                random.nextInt(-1, 2),
                                chunk,
                                id(),
                                number(),
                                number());
        if (random.nextInt(4) > 0) {
            return whole;
        }
        int at = random.nextInt(whole.length());
        return whole.substring(0, at)
                + List.of("", "}", "null", "\\u0000", "\"", "[[", "9").get(random.nextInt(7))
                + whole.substring(Math.min(whole.length(), at + random.nextInt(4)));
    }

    private String operation() {
        return List.of(
                        "create_folder",
                        "create_file",
                        "create_symlink",
                        "put_content",
                        "put_symlink",
                        "move",
                        "set_attributes",
                        "trash",
                        "restore",
                        "restore_version",
                        "purge",
                        "no_such")
                .get(random.nextInt(12));
    }

    private String fresh() {
        return "%016x%016x".formatted(random.nextLong(), random.nextLong());
    }

    private String number() {
        return List.of("0", "1", "2", "-1", "1000", "4194304", "99999999999", "1.5", "\"x\"")
                .get(random.nextInt(9));
    }
}
