package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static dev.holdfast.metadata.TestCell.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.MemberState;
import dev.holdfast.model.wire.NamespaceCreation;
import dev.holdfast.model.wire.NamespaceState;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.RetentionPolicy;
import dev.holdfast.model.wire.RoleName;
import dev.holdfast.model.wire.UploadStart;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Shared namespaces: who may do what in them, and from when on not any more. */
class MembersTest {
    private final TestCell cell = new TestCell(71);
    private final TestDevice ada = cell.account("ada");
    private final TestDevice bob = cell.account("bob");
    private final TestDevice eve = cell.account("eve");
    private final NamespaceId team = NamespaceId.random(cell.random);
    private final TestDevice adaHere = ada.at(team);
    private final TestDevice bobHere = bob.at(team);

    MembersTest() {
        ok(namespaces().create(ada.caller, new NamespaceCreation(team, "our team")));
    }

    @AfterEach
    void close() {
        cell.close();
    }

    private Namespaces namespaces() {
        return cell.store.namespaces();
    }

    private void put(String account, RoleName role) {
        ok(namespaces().putMember(ada.caller, team, account, role));
    }

    private ProblemCode applyRefused(TestDevice device, Op op) {
        return refused(cell.store.nodes().apply(device.caller, team, new OpBatch(0, List.of(op))));
    }

    private static Op.CreateFolder folder(TestDevice device, String name) {
        return new Op.CreateFolder(device.next(), device.newNode(), device.root, name);
    }

    @Test
    void aSharedNamespaceIsMadeOnceAndKnownToItsMembersAlone() {
        NamespaceState made =
                ok(namespaces().create(ada.caller, new NamespaceCreation(team, "our team")));
        assertThat(made.kind()).isEqualTo("shared");
        assertThat(made.role()).isEqualTo("owner");
        assertThat(refused(namespaces().create(ada.caller, new NamespaceCreation(team, "other"))))
                .isEqualTo(ProblemCode.ID_REUSED);
        assertThat(refused(namespaces().create(bob.caller, new NamespaceCreation(ada.ns, "ada"))))
                .as("another account's namespace is not told apart from any other used id")
                .isEqualTo(ProblemCode.ID_REUSED);
        assertThat(ok(namespaces().list(ada.caller)).namespaces())
                .extracting(NamespaceState::namespace)
                .containsExactlyInAnyOrder(ada.ns, team);
        assertThat(ok(namespaces().list(bob.caller)).namespaces()).hasSize(1);
        assertThat(refused(namespaces().get(bob.caller, team))).isEqualTo(ProblemCode.NOT_FOUND);
        assertThat(refused(namespaces().members(bob.caller, team)))
                .isEqualTo(ProblemCode.NOT_FOUND);
    }

    @Test
    void aViewerReadsAnEditorWritesAnOwnerInvites() {
        NodeState file = adaHere.file(adaHere.root, "f", "a");
        put("bob", RoleName.VIEWER);
        assertThat(bobHere.stat(file.node())).isEqualTo(file);
        assertThat(bobHere.read(null, 10).entries()).hasSize(1);
        assertThat(applyRefused(bobHere, folder(bobHere, "mine"))).isEqualTo(ProblemCode.FORBIDDEN);
        assertThat(
                        refused(
                                cell.store
                                        .uploads()
                                        .begin(
                                                bob.caller,
                                                new UploadStart(
                                                        UploadId.random(cell.random), team, 0))))
                .isEqualTo(ProblemCode.FORBIDDEN);

        put("bob", RoleName.EDITOR);
        bobHere.file(bobHere.root, "mine", "b");
        assertThat(refused(namespaces().putMember(bob.caller, team, "eve", RoleName.VIEWER)))
                .isEqualTo(ProblemCode.FORBIDDEN);
        assertThat(refused(namespaces().rename(bob.caller, team, "his")))
                .isEqualTo(ProblemCode.FORBIDDEN);
        assertThat(refused(namespaces().removeMember(bob.caller, team, "ada")))
                .isEqualTo(ProblemCode.FORBIDDEN);
        assertThat(refused(namespaces().drop(bob.caller, team))).isEqualTo(ProblemCode.FORBIDDEN);
        assertThat(
                        refused(
                                namespaces()
                                        .setRetention(
                                                bob.caller, team, new RetentionPolicy(1, 0, 0, 0))))
                .isEqualTo(ProblemCode.FORBIDDEN);

        put("bob", RoleName.OWNER);
        ok(namespaces().putMember(bob.caller, team, "eve", RoleName.VIEWER));
        assertThat(ok(namespaces().rename(bob.caller, team, "theirs")).name()).isEqualTo("theirs");
        assertThat(ok(namespaces().members(eve.caller, team)).members())
                .extracting(MemberState::name)
                .containsExactly("ada", "bob", "eve");
    }

    @Test
    void aMemberWhoIsRemovedIsOutAtOnceAndMayLeaveAlone() {
        put("bob", RoleName.EDITOR);
        bobHere.folder(bobHere.root, "before");
        String cursor = bobHere.head();
        long epoch = cell.store.accessEpochs().epoch(bob.registered.account()).orElseThrow();
        ok(namespaces().removeMember(ada.caller, team, "bob"));
        assertThat(applyRefused(bobHere, folder(bobHere, "late"))).isEqualTo(ProblemCode.NOT_FOUND);
        assertThat(refused(cell.store.feed().changes(bob.caller, team, cursor, 10)))
                .isEqualTo(ProblemCode.NOT_FOUND);
        assertThat(cell.store.accessEpochs().epoch(bob.registered.account()).orElseThrow())
                .isGreaterThan(epoch);
        ok(namespaces().removeMember(ada.caller, team, "bob"));

        put("eve", RoleName.VIEWER);
        ok(namespaces().removeMember(eve.caller, team, "eve"));
        assertThat(refused(namespaces().get(eve.caller, team))).isEqualTo(ProblemCode.NOT_FOUND);
        assertThat(refused(namespaces().putMember(ada.caller, team, "nobody", RoleName.VIEWER)))
                .isEqualTo(ProblemCode.NOT_FOUND);
    }

    @Test
    void theLastOwnerStaysOneAndTheQuotaIsHandedOver() {
        put("bob", RoleName.EDITOR);
        assertThat(refused(namespaces().removeMember(ada.caller, team, "ada")))
                .isEqualTo(ProblemCode.CONFLICT);
        assertThat(refused(namespaces().putMember(ada.caller, team, "ada", RoleName.VIEWER)))
                .isEqualTo(ProblemCode.CONFLICT);
        put("bob", RoleName.OWNER);
        adaHere.file(adaHere.root, "f", "12345");
        assertThat(used("ada")).isEqualTo(5);
        ok(namespaces().removeMember(ada.caller, team, "ada"));
        assertThat(used("ada")).isZero();
        assertThat(used("bob")).isEqualTo(5);
    }

    private long used(String account) {
        return cell.store.accounts().list().stream()
                .filter(view -> view.name().equals(account))
                .mapToLong(AccountView::usedBytes)
                .sum();
    }

    @Test
    void whatIsSharedCountsAgainstTheOwnersQuotaWhoeverSendsIt() {
        TestDevice rich = cell.device(ok(cell.store.accounts().create("rich", 10)), "laptop");
        NamespaceId small = NamespaceId.random(cell.random);
        ok(namespaces().create(rich.caller, new NamespaceCreation(small, "small")));
        ok(namespaces().putMember(rich.caller, small, "bob", RoleName.EDITOR));
        rich.file(rich.root, "own", "12345");
        bob.at(small).file(NodeId.rootOf(small), "f", "abc");
        assertThat(
                        refused(
                                cell.store
                                        .uploads()
                                        .begin(
                                                bob.caller,
                                                new UploadStart(
                                                        UploadId.random(cell.random), small, 3))))
                .isEqualTo(ProblemCode.QUOTA_EXCEEDED);
        assertThat(
                        refused(
                                cell.store
                                        .uploads()
                                        .begin(
                                                rich.caller,
                                                new UploadStart(
                                                        UploadId.random(cell.random), rich.ns, 3))))
                .isEqualTo(ProblemCode.QUOTA_EXCEEDED);
    }

    @Test
    void aPersonalNamespaceIsNotShared() {
        assertThat(refused(namespaces().putMember(ada.caller, ada.ns, "bob", RoleName.VIEWER)))
                .isEqualTo(ProblemCode.INVALID);
        assertThat(refused(namespaces().drop(ada.caller, ada.ns))).isEqualTo(ProblemCode.INVALID);
        assertThat(refused(namespaces().rename(ada.caller, ada.ns, "x")))
                .isEqualTo(ProblemCode.INVALID);
    }

    @Test
    void anOperationReadsTheMembershipAgainstItsEnd() {
        put("bob", RoleName.EDITOR);
        bobHere.folder(bobHere.root, "warm");
        Op late = folder(bobHere, "late");
        cell.beforeCommit.set(() -> ok(namespaces().removeMember(ada.caller, team, "bob")));
        assertThat(applyRefused(bobHere, late)).isEqualTo(ProblemCode.NOT_FOUND);
        assertThat(cell.beforeCommit.get()).as("the rival really ran").isNull();
    }

    @Test
    void anOperationReadsTheRoleAgainstItsLoss() {
        put("bob", RoleName.EDITOR);
        bobHere.folder(bobHere.root, "warm");
        Op late = folder(bobHere, "late");
        cell.beforeCommit.set(() -> put("bob", RoleName.VIEWER));
        assertThat(applyRefused(bobHere, late)).isEqualTo(ProblemCode.FORBIDDEN);
    }

    @Test
    void anOperationReadsTheNamespaceAgainstItsDrop() {
        put("bob", RoleName.EDITOR);
        bobHere.folder(bobHere.root, "warm");
        Op late = folder(bobHere, "late");
        cell.beforeCommit.set(() -> ok(namespaces().drop(ada.caller, team)));
        assertThat(applyRefused(bobHere, late)).isEqualTo(ProblemCode.NOT_FOUND);
    }

    @Test
    void twoOwnersWhoDemoteEachOtherCannotBothSucceed() {
        put("bob", RoleName.OWNER);
        cell.beforeClock.set(
                () -> ok(namespaces().putMember(bob.caller, team, "ada", RoleName.EDITOR)));
        assertThat(refused(namespaces().putMember(ada.caller, team, "bob", RoleName.EDITOR)))
                .isEqualTo(ProblemCode.FORBIDDEN);
        assertThat(ok(namespaces().members(bob.caller, team)).members())
                .extracting(MemberState::role)
                .containsExactly(RoleName.OWNER, RoleName.EDITOR);
    }

    @Test
    void twoOwnersWhoLeaveAtOnceCannotBothSucceed() {
        put("bob", RoleName.OWNER);
        cell.beforeClock.set(() -> ok(namespaces().removeMember(bob.caller, team, "bob")));
        assertThat(refused(namespaces().removeMember(ada.caller, team, "ada")))
                .isEqualTo(ProblemCode.CONFLICT);
        assertThat(cell.beforeClock.get()).as("the rival really ran").isNull();
    }

    @Test
    void aDroppedNamespaceGivesBackWhatItStored() {
        put("bob", RoleName.EDITOR);
        NodeState folder = adaHere.folder(adaHere.root, "d");
        for (int i = 0; i < 150; i++) {
            NodeState file = adaHere.file(folder.node(), "f" + i, "chunk " + i);
            if (i % 3 == 0) {
                adaHere.done(adaHere.put(file.node(), 1, "again " + i));
            }
        }
        bobHere.done(bobHere.trashFile(bobHere.file(bobHere.root, "trashed", "t")));
        ok(cell.store.feed().ack(bob.caller, team, bobHere.head()));
        ok(namespaces().drop(ada.caller, team));
        assertThat(refused(namespaces().get(ada.caller, team))).isEqualTo(ProblemCode.NOT_FOUND);
        assertThat(ok(namespaces().list(bob.caller)).namespaces()).hasSize(1);
        // In bounded steps, by whoever is there.
        int steps = 0;
        while (cell.store.upkeep().runJobs(1) > 0) {
            steps++;
        }
        assertThat(steps).isBetween(4, 20);
        assertThat(used("ada")).isZero();
        assertThat(cell.rows(Schema.Type.NODE, team)).isZero();
        assertThat(cell.rows(Schema.Type.VERSION, team)).isZero();
        assertThat(cell.rows(Schema.Type.CHANGE_SET, team)).isZero();
        assertThat(cell.rows(Schema.Type.MEMBER, team)).isZero();
        assertThat(cell.rows(Schema.Type.NAMESPACE, team)).isZero();
        assertThat(cell.store.treeJobs().list(10))
                .singleElement()
                .matches(job -> job.kind().equals("drop") && job.state().equals("done"));
    }
}
