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
    void aFolderIsRewoundToAVersionAndAFileIsFoundAtATime() {
        try (TestServer server = new TestServer()) {
            TestDevice ada = server.account("ada");
            NodeState file = ada.file("file", ada.randomBytes(100));
            long before = System.currentTimeMillis();
            RewindRequest wanted = new RewindRequest(ada.root(), null, before);
            ada.done(new Op.Trash(ada.nextSequence(), file.node(), file.contentRev(), null));
            RewindPlan now =
                    ada.client()
                            .post(
                                    ada.nsPath() + "/rewind/plan",
                                    new RewindRequest(ada.root(), 1L, null))
                            .as(RewindPlan.class);
            assertThat(now).isNotNull();
            TestClient.Reply planned = ada.client().post(ada.nsPath() + "/rewind/plan", wanted);
            assertThat(planned.status()).as(planned.text()).isIn(200, 409, 410);
            RewindStart start = new RewindStart(Id128.random(random), wanted);
            TestClient.Reply started = ada.client().post(ada.nsPath() + "/rewind", start);
            if (started.status() == 202) {
                TreeJobState job = started.as(TreeJobState.class);
                ada.client().get(ada.nsPath() + "/jobs/" + job.job()).expect(200);
                ada.client().post(ada.nsPath() + "/rewind", start).expect(202);
            }
            VersionList versions =
                    ada.client()
                            .get(
                                    ada.nsPath()
                                            + "/nodes/"
                                            + file.node()
                                            + "/versions?at_millis="
                                            + (System.currentTimeMillis() + 10_000))
                            .as(VersionList.class);
            assertThat(versions).isNotNull();
        }
    }
}
