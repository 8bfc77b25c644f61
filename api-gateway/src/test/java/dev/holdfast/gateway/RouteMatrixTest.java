package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.RouteWorld.Call;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.Ack;
import dev.holdfast.model.wire.ChunkReadRequest;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.MemberChange;
import dev.holdfast.model.wire.NamespaceCreation;
import dev.holdfast.model.wire.NamespaceRename;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.RetentionPolicy;
import dev.holdfast.model.wire.RewindRequest;
import dev.holdfast.model.wire.RewindStart;
import dev.holdfast.model.wire.RoleName;
import dev.holdfast.model.wire.UploadStart;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every route against every kind of caller. The table below says what a route needs; a route that
 * has no row, or a row without a route, fails. Who may not gets the answer that tells least; who
 * may gets another one.
 */
class RouteMatrixTest {
    /** What a route needs of its caller. */
    private enum Need {
        /** Nothing. */
        OPEN,
        /** Any device that is not revoked, of an account that is not disabled. */
        DEVICE,
        /** A device of the account that owns the thing; to others it does not exist. */
        OWN,
        /** As OWN, but taking away what is not there, or not one's own, is done without effect. */
        OWN_TO_TAKE_AWAY,
        VIEWER,
        EDITOR,
        OWNER,
        /** The admin token. */
        OPERATOR
    }

    private record Row(Need need, BiFunction<RouteWorld, TestDevice, Call> call) {}

    private static final Map<String, Row> TABLE = new LinkedHashMap<>();

    private static void row(
            Need need, String route, BiFunction<RouteWorld, TestDevice, Call> call) {
        TABLE.put(route, new Row(need, call));
    }

    private static BiFunction<RouteWorld, TestDevice, Call> bare(String path) {
        return (world, caller) -> Call.of(world.fill(path));
    }

    private static BiFunction<RouteWorld, TestDevice, Call> json(String path, Object body) {
        return (world, caller) -> Call.of(world.fill(path), body);
    }

    private static final String NS = "/v1/namespaces/{ns}";
    private static final String NODE = NS + "/nodes/{node}";
    private static final String UPLOAD = "/v1/uploads/{upload}";
    private static final String ACCOUNT = "/v1/admin/accounts/{name}";

    static {
        row(Need.OPEN, "GET /openapi.yaml", bare("/openapi.yaml"));
        row(Need.OPEN, "POST /v1/devices", json("/v1/devices", "{}"));
        row(Need.OWN, "DELETE /v1/devices/{device}", (world, caller) -> world.deviceOfTheOwner());
        row(Need.DEVICE, "POST /v1/link-codes", bare("/v1/link-codes"));
        row(Need.DEVICE, "GET /v1/namespaces", bare("/v1/namespaces"));
        row(
                Need.DEVICE,
                "POST /v1/namespaces",
                (world, caller) ->
                        Call.of("/v1/namespaces", new NamespaceCreation(world.newNs(), "new")));
        row(Need.VIEWER, "GET " + NS, bare(NS));
        row(Need.OWNER, "PATCH " + NS, json(NS, new NamespaceRename("renamed")));
        row(Need.OWNER, "DELETE " + NS, bare(NS));
        row(Need.VIEWER, "GET " + NS + "/members", bare(NS + "/members"));
        row(
                Need.OWNER,
                "PUT " + NS + "/members/{account}",
                json(NS + "/members/outsider", new MemberChange(RoleName.VIEWER)));
        row(Need.OWNER, "DELETE " + NS + "/members/{account}", bare(NS + "/members/viewer-to-go"));
        row(Need.VIEWER, "GET " + NS + "/retention", bare(NS + "/retention"));
        row(
                Need.OWNER,
                "PUT " + NS + "/retention",
                json(NS + "/retention", new RetentionPolicy(0, 0, 0, 0)));
        tree();
        bytes();
        operators();
        workers();
    }

    private static void tree() {
        row(
                Need.EDITOR,
                "POST " + NS + "/ops",
                (world, caller) ->
                        Call.of(
                                world.fill(NS + "/ops"),
                                new OpBatch(
                                        1,
                                        List.of(
                                                new Op.CreateFolder(
                                                        caller.nextSequence(),
                                                        caller.newNode(),
                                                        world.root(),
                                                        "f" + caller.newNode())))));
        row(Need.VIEWER, "GET " + NS + "/by-path", bare(NS + "/by-path?path=/file"));
        row(Need.VIEWER, "GET " + NS + "/trash", bare(NS + "/trash"));
        row(Need.VIEWER, "GET " + NS + "/conflicts", bare(NS + "/conflicts"));
        row(Need.VIEWER, "GET " + NODE, bare(NODE));
        row(
                Need.VIEWER,
                "GET " + NODE + "/children",
                (world, caller) ->
                        Call.of(world.fill(NS) + "/nodes/" + world.root() + "/children"));
        row(Need.VIEWER, "GET " + NODE + "/versions", bare(NODE + "/versions"));
        row(Need.VIEWER, "GET " + NODE + "/manifest", bare(NODE + "/manifest"));
        row(Need.VIEWER, "GET " + NS + "/changes", bare(NS + "/changes"));
        row(
                Need.VIEWER,
                "POST " + NS + "/ack",
                (world, caller) -> Call.of(world.fill(NS + "/ack"), new Ack(world.cursor())));
        row(
                Need.VIEWER,
                "POST " + NS + "/rewind/plan",
                (world, caller) ->
                        Call.of(
                                world.fill(NS + "/rewind/plan"),
                                new RewindRequest(world.root(), world.version(), null)));
        row(
                Need.EDITOR,
                "POST " + NS + "/rewind",
                (world, caller) ->
                        Call.of(
                                world.fill(NS + "/rewind"),
                                new RewindStart(
                                        caller.newNode().id(),
                                        new RewindRequest(world.root(), world.version(), null))));
        row(Need.VIEWER, "GET " + NS + "/jobs/{job}", bare(NS + "/jobs/{job}"));
        for (String wish : List.of("pause", "resume", "cancel")) {
            row(
                    Need.EDITOR,
                    "POST " + NS + "/jobs/{job}/" + wish,
                    bare(NS + "/jobs/{job}/" + wish));
        }
    }

    private static void bytes() {
        row(Need.VIEWER, "GET " + NODE + "/content", bare(NODE + "/content"));
        row(Need.VIEWER, "HEAD " + NODE + "/content", bare(NODE + "/content"));
        row(Need.VIEWER, "POST " + NODE + "/content-address", bare(NODE + "/content-address"));
        row(Need.OPEN, "GET /v1/data/{token}", (world, caller) -> Call.of(world.address()));
        row(Need.OPEN, "HEAD /v1/data/{token}", (world, caller) -> Call.of(world.address()));
        row(
                Need.VIEWER,
                "POST " + NS + "/chunks/read",
                (world, caller) ->
                        Call.of(
                                world.fill(NS + "/chunks/read"),
                                new ChunkReadRequest(
                                        List.of(
                                                new ChunkReadRequest.Address(
                                                        world.file().node(), 1, 0)))));
        row(
                Need.EDITOR,
                "PUT " + NS + "/files/by-path",
                (world, caller) ->
                        Call.raw(
                                world.fill(NS + "/files/by-path?path=/n" + caller.newNode()),
                                caller.randomBytes(10),
                                "If-None-Match",
                                "*"));
        row(
                Need.EDITOR,
                "POST /v1/uploads",
                (world, caller) ->
                        Call.of(
                                "/v1/uploads",
                                new UploadStart(
                                        UploadId.parse(caller.newNode().toString()),
                                        world.ns(),
                                        1_000)));
        row(Need.OWN, "POST " + UPLOAD + "/renew", bare(UPLOAD + "/renew"));
        row(Need.OWN_TO_TAKE_AWAY, "DELETE " + UPLOAD, bare(UPLOAD));
        row(
                Need.OWN,
                "POST " + UPLOAD + "/files",
                (world, caller) ->
                        Call.of(
                                world.fill(UPLOAD + "/files"),
                                new Declaration(
                                        List.of(
                                                TestDevice.part(
                                                        ContentId.parse(
                                                                caller.newNode().toString()),
                                                        caller.randomBytes(10))))));
        row(Need.OWN, "PUT " + UPLOAD + "/chunks/{sha256}", (world, caller) -> world.chunk(UPLOAD));
        row(Need.OWN, "POST " + UPLOAD + "/chunks", (world, caller) -> world.frames(UPLOAD));
    }

    private static void operators() {
        row(
                Need.OPERATOR,
                "POST /v1/admin/accounts",
                (world, caller) ->
                        Call.of(
                                "/v1/admin/accounts",
                                "{\"name\":\"a" + Id128.random(world.random()) + "\"}"));
        row(Need.OPERATOR, "GET /v1/admin/accounts", bare("/v1/admin/accounts"));
        row(Need.OPERATOR, "POST " + ACCOUNT + "/codes", bare("/v1/admin/accounts/viewer/codes"));
        row(
                Need.OPERATOR,
                "POST " + ACCOUNT + "/disable",
                bare("/v1/admin/accounts/disabled/disable"));
        row(Need.OPERATOR, "POST " + ACCOUNT + "/enable", bare("/v1/admin/accounts/viewer/enable"));
        row(
                Need.OPERATOR,
                "PUT " + ACCOUNT + "/secret",
                json("/v1/admin/accounts/viewer/secret", "{\"secret\":\"a long enough one\"}"));
        row(
                Need.OPERATOR,
                "DELETE " + ACCOUNT + "/secret",
                bare("/v1/admin/accounts/viewer/secret"));
        row(Need.OPERATOR, "GET /v1/admin/devices", bare("/v1/admin/devices"));
        row(
                Need.OPERATOR,
                "DELETE /v1/admin/devices/{device}",
                (world, caller) -> Call.of(world.deviceForOperator()));
        row(Need.OPERATOR, "GET /v1/admin/status", bare("/v1/admin/status"));
        for (String probe : List.of("/health/live", "/health/started", "/health/ready")) {
            row(Need.OPEN, "GET " + probe, bare(probe));
        }
        row(Need.OPEN, "GET /metrics", bare("/metrics"));
    }

    private static void workers() {
        String jobs = "/v1/admin/jobs";
        row(Need.OPERATOR, "GET " + jobs, bare(jobs + "?kind=gc&limit=3"));
        row(Need.OPERATOR, "GET " + jobs + "/{job}", newJob(""));
        row(Need.OPERATOR, "GET " + jobs + "/{job}/findings", newJob("/findings?after=0"));
        row(Need.OPERATOR, "POST " + jobs + "/{job}/pause", newJob("/pause"));
        row(Need.OPERATOR, "POST " + jobs + "/{job}/resume", newJob("/resume"));
        row(Need.OPERATOR, "POST " + jobs + "/{job}/cancel", newJob("/cancel"));
        row(
                Need.OPERATOR,
                "POST /v1/admin/gc/runs",
                json("/v1/admin/gc/runs", "{\"max_bytes\":1}"));
        row(Need.OPERATOR, "GET /v1/admin/gc/plan", bare("/v1/admin/gc/plan?now=true"));
        row(Need.OPERATOR, "GET /v1/admin/gc/status", bare("/v1/admin/gc/status"));
        row(Need.OPERATOR, "GET /v1/admin/gc/deletions", bare("/v1/admin/gc/deletions"));
        row(Need.OPERATOR, "POST /v1/admin/fsck", bare("/v1/admin/fsck"));
        String repair = "/v1/admin/repair";
        row(
                Need.OPERATOR,
                "POST " + repair + "/scrubs",
                json(repair + "/scrubs", "{\"all_replicas\":true}"));
        row(Need.OPERATOR, "POST " + repair + "/index-rebuilds", bare(repair + "/index-rebuilds"));
        row(
                Need.OPERATOR,
                "GET " + repair + "/jobs/{job}",
                (world, caller) -> Call.of(repair + "/jobs/" + world.newScrub()));
        row(Need.OPERATOR, "GET " + repair + "/status", bare(repair + "/status"));
        row(
                Need.OPERATOR,
                "GET /v1/admin/packs/{pack}",
                (world, caller) -> Call.of("/v1/admin/packs/" + world.pack() + "?read=1"));
    }

    private static BiFunction<RouteWorld, TestDevice, Call> newJob(String path) {
        return (world, caller) -> Call.of("/v1/admin/jobs/" + world.newScrub() + path);
    }

    @Test
    void everyRouteHasARowAndEveryRowARoute() {
        try (TestServer server = new TestServer()) {
            Set<String> routes = new TreeSet<>();
            Stream.concat(
                            server.gateway().openRoutes().stream(),
                            server.gateway().adminRoutes().stream())
                    .map(route -> route.method() + " " + route.pattern())
                    .forEach(routes::add);
            if (TestStores.isCluster()) {
                assertThat(TABLE.keySet()).containsAll(routes);
            } else {
                assertThat(new TreeSet<>(TABLE.keySet())).isEqualTo(routes);
            }
        }
    }

    @Test
    void everyRouteTreatsEveryCallerAsTheTableSays() {
        try (RouteWorld world = new RouteWorld()) {
            for (Route route : world.server().gateway().openRoutes()) {
                open(world, route, row(route));
            }
            for (Route route : world.server().gateway().adminRoutes()) {
                admin(world, route, row(route));
            }
        }
    }

    private static Row row(Route route) {
        return Objects.requireNonNull(TABLE.get(route.method() + " " + route.pattern()));
    }

    private static void open(RouteWorld world, Route route, Row row) {
        world.renew();
        String name = route.method() + " " + route.pattern();
        for (Map.Entry<String, TestClient> nobody : world.nobodies().entrySet()) {
            int status = send(nobody.getValue(), route, row.call().apply(world, world.stranger()));
            if (row.need() == Need.OPEN) {
                assertThat(status).as(name + " as " + nobody.getKey()).isNotIn(401, 403);
            } else {
                assertThat(status).as(name + " as " + nobody.getKey()).isEqualTo(401);
            }
        }
        for (Map.Entry<String, TestDevice> entry : world.devices().entrySet()) {
            TestDevice device = entry.getValue();
            if (row.need() == Need.OWN_TO_TAKE_AWAY && entry.getKey().equals("owner")) {
                // Whatever the others were answered, it is still there.
                device.client().post(world.fill(UPLOAD + "/renew"), "").expect(200);
            }
            int status = send(device.client(), route, row.call().apply(world, device));
            String as = name + " as " + entry.getKey();
            Set<Integer> refused = refused(row.need(), entry.getKey());
            if (refused.isEmpty()) {
                assertThat(status).as(as).isNotIn(401, 403, 404).isLessThan(500);
            } else {
                assertThat(refused).as(as).contains(status);
            }
        }
    }

    /** What a refusal may answer; nothing where the caller may. */
    private static Set<Integer> refused(Need need, String caller) {
        return switch (need) {
            case OPEN, DEVICE -> Set.of();
            case OWN ->
                    switch (caller) {
                        case "owner" -> Set.of();
                        // A role too weak for any upload is told before whose it is.
                        case "viewer" -> Set.of(403, 404);
                        // 410 is what an upload answers that never was, too.
                        default -> Set.of(404, 410);
                    };
            case OWN_TO_TAKE_AWAY -> caller.equals("owner") ? Set.of() : Set.of(204, 403, 404, 410);
            case VIEWER -> caller.equals("stranger") ? Set.of(404) : Set.of();
            case EDITOR ->
                    switch (caller) {
                        case "stranger" -> Set.of(404);
                        case "viewer" -> Set.of(403);
                        default -> Set.of();
                    };
            case OWNER ->
                    switch (caller) {
                        case "stranger" -> Set.of(404);
                        case "owner" -> Set.of();
                        default -> Set.of(403);
                    };
            case OPERATOR -> Set.of(401);
        };
    }

    private static void admin(RouteWorld world, Route route, Row row) {
        String name = route.method() + " " + route.pattern();
        String adminUrl = world.server().gateway().adminUrl();
        for (TestDevice device : world.devices().values()) {
            int status =
                    send(
                            new TestClient(adminUrl, device.client().token()),
                            route,
                            row.call().apply(world, device));
            assertThat(status == 401).as(name).isEqualTo(row.need() == Need.OPERATOR);
        }
        int nobody =
                send(new TestClient(adminUrl, null), route, row.call().apply(world, world.owner()));
        assertThat(nobody == 401).as(name).isEqualTo(row.need() == Need.OPERATOR);
        int operator =
                send(world.server().operator(), route, row.call().apply(world, world.owner()));
        assertThat(operator).as(name).isLessThan(300);
        int elsewhere =
                send(
                        new TestClient(world.server().gateway().url(), TestServer.ADMIN_TOKEN),
                        route,
                        row.call().apply(world, world.owner()));
        assertThat(elsewhere).as(name + " on the public listener").isEqualTo(404);
    }

    private static int send(TestClient client, Route route, Call call) {
        TestClient.Reply reply =
                client.bytes(route.method(), call.path(), call.body(), call.headers());
        assertThat(reply.status()).as(reply.toString()).isNotEqualTo(405).isLessThan(500);
        return reply.status();
    }
}
