package dev.holdfast.gateway;

import dev.holdfast.gateway.http.routes.DataRoutes;
import dev.holdfast.gateway.workers.RepairRoutes;
import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.MemberChange;
import dev.holdfast.model.wire.NamespaceCreation;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.RewindPlan;
import dev.holdfast.model.wire.RewindRequest;
import dev.holdfast.model.wire.RewindStart;
import dev.holdfast.model.wire.RoleName;
import dev.holdfast.model.wire.UploadStart;
import dev.holdfast.model.wire.WireJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * A server with somebody in every role: an owner, an editor and a viewer of a shared namespace, a
 * stranger, and those who are nobody. The namespace and what is in it can be made anew, for what is
 * done to it.
 */
final class RouteWorld implements AutoCloseable {
    private final TestServer server = new TestServer();
    private final Random random = new Random(5);
    private final TestDevice owner = server.account("owner");
    private final TestDevice editor = server.account("editor");
    private final TestDevice viewer = server.account("viewer");
    private final TestDevice stranger = server.account("stranger");
    private final Map<String, TestClient> nobodies = new LinkedHashMap<>();
    private final byte[] chunk = owner.randomBytes(100);
    private NamespaceId ns = owner.ns();
    private NodeState file = owner.file("first", chunk);
    private UploadId upload = new UploadId(new Id128(0, 0));
    private ContentId content = new ContentId(new Id128(0, 0));
    private Id128 job = new Id128(0, 0);
    private String cursor = "";
    private long version = 1;

    /** A request: what is sent where. */
    static final class Call {
        private final String path;
        private final byte[] body;
        private final String[] headers;

        private Call(String path, byte[] body, String... headers) {
            this.path = path;
            this.body = body;
            this.headers = headers;
        }

        String path() {
            return path;
        }

        byte[] body() {
            return body;
        }

        String[] headers() {
            return headers;
        }

        static Call of(String path) {
            return new Call(path, new byte[0]);
        }

        static Call of(String path, Object body) {
            try {
                byte[] json =
                        body instanceof String text
                                ? text.getBytes(StandardCharsets.UTF_8)
                                : WireJson.mapper().writeValueAsBytes(body);
                return new Call(path, json, "Content-Type", "application/json");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        static Call raw(String path, byte[] body, String... headers) {
            return new Call(path, body, headers);
        }
    }

    RouteWorld() {
        server.account("outsider");
        server.account("viewer-to-go");
        TestDevice disabled = server.account("disabled");
        TestDevice revoked = server.another("owner");
        server.operator().post("/v1/admin/accounts/disabled/disable", "").expect(204);
        owner.client().delete("/v1/devices/" + revoked.registered().device()).expect(204);
        nobodies.put("without a token", server.stranger());
        nobodies.put("an unknown token", server.stranger().with("x".repeat(43)));
        nobodies.put("no token at all", server.stranger().with("x"));
        nobodies.put("a revoked device", revoked.client());
        nobodies.put("a disabled account", disabled.client());
    }

    /** Makes everything anew that a request could have changed. */
    void renew() {
        ns = newNs();
        TestClient client = owner.client();
        client.post("/v1/namespaces", new NamespaceCreation(ns, "shared")).expect(201);
        member("editor", RoleName.EDITOR);
        member("viewer", RoleName.VIEWER);
        member("viewer-to-go", RoleName.VIEWER);
        file =
                client.bytes(
                                "PUT",
                                fill("/v1/namespaces/{ns}/files/by-path?path=/file"),
                                chunk,
                                "If-None-Match",
                                "*")
                        .expect(201)
                        .as(NodeState.class);
        cursor =
                client.get(fill("/v1/namespaces/{ns}/changes"))
                        .expect(200)
                        .as(ChangesPage.class)
                        .cursor();
        upload = new UploadId(Id128.random(random));
        content = new ContentId(Id128.random(random));
        client.post("/v1/uploads", new UploadStart(upload, ns, 1_000)).expect(201);
        client.post(
                        "/v1/uploads/" + upload + "/files",
                        new Declaration(List.of(TestDevice.part(content, chunk))))
                .expect(200);
        rewind();
    }

    private void rewind() {
        job = Id128.random(random);
        long now = System.currentTimeMillis();
        version =
                owner.client()
                        .post(
                                fill("/v1/namespaces/{ns}/rewind/plan"),
                                new RewindRequest(root(), null, now))
                        .expect(200)
                        .as(RewindPlan.class)
                        .version();
        owner.client()
                .post(
                        fill("/v1/namespaces/{ns}/rewind"),
                        new RewindStart(job, new RewindRequest(root(), version, null)))
                .expect(202);
    }

    private void member(String account, RoleName role) {
        owner.client()
                .json("PUT", fill("/v1/namespaces/{ns}/members/" + account), new MemberChange(role))
                .expect(200);
    }

    String fill(String path) {
        return path.replace("{ns}", ns.toString())
                .replace("{node}", file.node().toString())
                .replace("{upload}", upload.toString())
                .replace("{job}", job.toString());
    }

    Call chunk(String uploadPath) {
        return Call.raw(
                fill(uploadPath) + "/chunks/" + Sha256.hash(chunk) + "?content=" + content,
                chunk,
                "Content-Type",
                "application/octet-stream");
    }

    Call frames(String uploadPath) {
        return Call.raw(
                fill(uploadPath) + "/chunks",
                TestDevice.frames(TestDevice.frame(content, chunk)),
                "Content-Type",
                "application/vnd.holdfast.frames");
    }

    /** A device that only its own account may revoke. */
    Call deviceOfTheOwner() {
        return Call.of("/v1/devices/" + server.another("owner").registered().device());
    }

    String deviceForOperator() {
        return "/v1/admin/devices/" + server.another("stranger").registered().device();
    }

    /** A job that waits for a worker; there is none here. */
    String newScrub() {
        return server.operator()
                .post("/v1/admin/repair/scrubs", "{}")
                .expect(202)
                .as(RepairRoutes.Queued.class)
                .job();
    }

    /** The pack that the first chunk went into. */
    PackId pack() {
        Sha256 hash = Sha256.hash(chunk);
        ChunkLocation location =
                Objects.requireNonNull(
                        server.metadata().chunks().locate(List.of(hash)).get(hash), "stored");
        return location.pack();
    }

    String address() {
        return owner.client()
                .post(fill("/v1/namespaces/{ns}/nodes/{node}/content-address"), "")
                .expect(201)
                .as(DataRoutes.ContentAddress.class)
                .path();
    }

    NamespaceId newNs() {
        return new NamespaceId(Id128.random(random));
    }

    TestServer server() {
        return server;
    }

    Random random() {
        return random;
    }

    TestDevice owner() {
        return owner;
    }

    TestDevice stranger() {
        return stranger;
    }

    NamespaceId ns() {
        return ns;
    }

    NodeId root() {
        return NodeId.rootOf(ns);
    }

    NodeState file() {
        return file;
    }

    String cursor() {
        return cursor;
    }

    long version() {
        return version;
    }

    /** The weakest first: what the strongest do may end what the others look at. */
    Map<String, TestDevice> devices() {
        Map<String, TestDevice> devices = new LinkedHashMap<>();
        devices.put("stranger", stranger);
        devices.put("viewer", viewer);
        devices.put("editor", editor);
        devices.put("owner", owner);
        return devices;
    }

    Map<String, TestClient> nobodies() {
        return nobodies;
    }

    @Override
    public void close() {
        server.close();
    }
}
