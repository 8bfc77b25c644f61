package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.MemberChange;
import dev.holdfast.model.wire.MemberList;
import dev.holdfast.model.wire.MemberState;
import dev.holdfast.model.wire.NamespaceCreation;
import dev.holdfast.model.wire.NamespaceList;
import dev.holdfast.model.wire.NamespaceRename;
import dev.holdfast.model.wire.NamespaceState;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.RetentionPolicy;
import dev.holdfast.model.wire.RewindPlan;
import dev.holdfast.model.wire.RewindRequest;
import dev.holdfast.model.wire.RewindStart;
import dev.holdfast.model.wire.RoleName;
import dev.holdfast.model.wire.TreeJobState;
import dev.holdfast.model.wire.VersionList;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Shared namespaces and rewinds over HTTP. */
class SharingTest {
    private final Random random = new Random(11);

    @Test
    void aSharedNamespaceFromItsBeginningToItsEnd() {
        try (TestServer server = new TestServer()) {
            TestDevice ada = server.account("ada");
            TestDevice bob = server.account("bob");
            NamespaceCreation creation =
                    new NamespaceCreation(new NamespaceId(Id128.random(random)), "holiday");
            NamespaceState made =
                    ada.client()
                            .post("/v1/namespaces", creation)
                            .expect(201)
                            .as(NamespaceState.class);
            ada.client().post("/v1/namespaces", creation).expect(201);
            String ns = "/v1/namespaces/" + made.namespace();
            bob.client().get(ns).problem(ProblemCode.NOT_FOUND);
            ada.client()
                    .json("PUT", ns + "/members/bob", new MemberChange(RoleName.VIEWER))
                    .expect(200);
            assertThat(bob.client().get(ns).expect(200).as(NamespaceState.class).role())
                    .isEqualTo("viewer");
            assertThat(ada.client().get(ns + "/members").expect(200).as(MemberList.class).members())
                    .extracting(MemberState::name)
                    .containsExactly("ada", "bob");
            ada.client().json("PATCH", ns, new NamespaceRename("winter")).expect(200);
            assertThat(
                            bob.client()
                                    .get("/v1/namespaces")
                                    .expect(200)
                                    .as(NamespaceList.class)
                                    .namespaces())
                    .extracting(NamespaceState::name)
                    .contains("winter");
            RetentionPolicy policy = new RetentionPolicy(7, 3, 2, 1);
            ada.client().json("PUT", ns + "/retention", policy).expect(200);
            assertThat(bob.client().get(ns + "/retention").expect(200).as(RetentionPolicy.class))
                    .isEqualTo(policy);
            ada.client().delete(ns + "/members/ada").problem(ProblemCode.CONFLICT);
            ada.client().delete(ns + "/members/bob").expect(204);
            bob.client().get(ns).problem(ProblemCode.NOT_FOUND);
            ada.client().delete(ns).expect(204);
            ada.client().get(ns).problem(ProblemCode.NOT_FOUND);
        }
    }

    @Test
    void aFolderIsRewoundToAVersionByItsJobAndAFileIsFoundAtATime() {
        try (TestServer server = new TestServer()) {
            TestDevice ada = server.account("ada");
            byte[] first = ada.randomBytes(100);
            NodeState file = ada.file("file", first);
            NodeState gone = ada.file("gone", ada.randomBytes(50));
            RewindPlan unchanged = plan(ada, new RewindRequest(ada.root(), null, now()));
            assertThat(unchanged.steps()).isEmpty();
            long wanted = unchanged.version();
            change(ada, gone);
            String after = ada.changes("").cursor();
            RewindRequest request = new RewindRequest(ada.root(), wanted, null);
            RewindPlan plan = plan(ada, request);
            assertThat(plan.version()).isEqualTo(wanted);
            assertThat(plan.steps()).hasSize(3);
            assertThat(ada.changes("?cursor=" + after).entries()).as("a plan").isEmpty();

            RewindStart start = new RewindStart(Id128.random(random), request);
            ada.client().post(ada.nsPath() + "/rewind", start).expect(202);
            assertThat(finished(server, ada, start).state()).isEqualTo("done");
            assertThat(state(ada, file).contentHash()).isEqualTo(file.contentHash());
            assertThat(content(ada, file)).isEqualTo(first);
            assertThat(state(ada, gone).trashed()).isFalse();
            ada.client().get(ada.nsPath() + "/by-path?path=/new").problem(ProblemCode.NOT_FOUND);
            String rewound = ada.changes("").cursor();
            ada.client().post(ada.nsPath() + "/rewind", start).expect(202);
            assertThat(ada.changes("?cursor=" + rewound).entries()).as("sent again").isEmpty();
            assertThat(plan(ada, request).steps()).isEmpty();

            String versions = ada.nsPath() + "/nodes/" + file.node() + "/versions?at_millis=";
            assertThat(
                            ada.client()
                                    .get(versions + now())
                                    .expect(200)
                                    .as(VersionList.class)
                                    .versions())
                    .singleElement()
                    .matches(version -> version.contentHash().equals(file.contentHash()));
            ada.client().get(versions + "1").problem(ProblemCode.NOT_FOUND);
        }
    }

    /** Another content, one file in the trash and a new one. */
    private static void change(TestDevice ada, NodeState gone) {
        ada.client()
                .bytes(
                        "PUT",
                        ada.nsPath() + "/files/by-path?path=/file",
                        ada.randomBytes(70),
                        "If-Match",
                        "*")
                .expect(200);
        ada.done(new Op.Trash(ada.nextSequence(), gone.node(), gone.contentRev(), null));
        ada.file("new", ada.randomBytes(10));
    }

    private static long now() {
        return System.currentTimeMillis();
    }

    private static RewindPlan plan(TestDevice device, RewindRequest request) {
        return device.client()
                .post(device.nsPath() + "/rewind/plan", request)
                .expect(200)
                .as(RewindPlan.class);
    }

    /** Runs what waits for a worker, as the upkeep of a server does. */
    private static TreeJobState finished(TestServer server, TestDevice device, RewindStart start) {
        TreeJobState job = job(device, start);
        for (int i = 0; i < 100 && job.state().equals("running"); i++) {
            server.metadata().upkeep().runJobs(100);
            job = job(device, start);
        }
        return job;
    }

    private static TreeJobState job(TestDevice device, RewindStart start) {
        return device.client()
                .get(device.nsPath() + "/jobs/" + start.job())
                .expect(200)
                .as(TreeJobState.class);
    }

    private static NodeState state(TestDevice device, NodeState node) {
        return device.client()
                .get(device.nsPath() + "/nodes/" + node.node())
                .expect(200)
                .as(NodeState.class);
    }

    private static byte[] content(TestDevice device, NodeState node) {
        return device.client()
                .get(device.nsPath() + "/nodes/" + node.node() + "/content")
                .expect(200)
                .bytes();
    }
}
