package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static dev.holdfast.metadata.TestCell.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.RewindRequest;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A cell that was restored from a backup, or copied to another database. */
class IncarnationTest {
    private final TestCell cell = new TestCell(75);
    private final TestDevice ada = cell.account("ada");

    @AfterEach
    void close() {
        cell.close();
    }

    @Test
    void cursorsOfTheTimeBeforeAreResetAndTheStateIsComplete() {
        NodeState a = ada.folder(ada.root, "a");
        ada.folder(a.node(), "b");
        ada.folder(ada.root, "c");
        String head = ada.head();
        String middle = ok(cell.store.feed().changes(ada.caller, ada.ns, null, 1)).cursor();
        ok(cell.store.feed().ack(ada.caller, ada.ns, head));
        assertThat(cell.store.upkeep().raiseIncarnation()).isEqualTo(2);
        for (String old : new String[] {head, middle}) {
            assertThat(refused(cell.store.feed().changes(ada.caller, ada.ns, old, 10)))
                    .isEqualTo(ProblemCode.CURSOR_RESET);
            assertThat(refused(cell.store.feed().ack(ada.caller, ada.ns, old)))
                    .isEqualTo(ProblemCode.CURSOR_RESET);
            assertThat(ada.code(ada.trashFolder(a.node(), old)))
                    .isEqualTo(ProblemCode.CURSOR_RESET);
        }
        ada.done(ada.move(a, ada.root, "a2"));
        ada.folder(ada.root, "d");
        assertThat(ada.read(null, 1).entries())
                .extracting(ChangeEntry::node)
                .extracting(NodeState::name)
                .as("over both incarnations, one node a page")
                .containsExactlyInAnyOrder("a2", "b", "c", "d");
        String next = ada.head();
        ok(cell.store.feed().ack(ada.caller, ada.ns, next));
        ada.folder(ada.root, "e");
        assertThat(ada.read(next, 10).entries()).hasSize(1);
    }

    /** Bases may look right: revisions count on from those of the backup. */
    @Test
    void whatWasDecidedInTheTimeBeforeIsRefusedUnlessItWasDoneThen() {
        NodeState a = ada.folder(ada.root, "a");
        String head = ada.head();
        Op done = ada.move(a, ada.root, "b");
        assertThat(ada.codes(head, done)).containsExactly((ProblemCode) null);
        cell.store.upkeep().raiseIncarnation();
        Op late = ada.move(ada.node(a.node()), ada.root, "c");
        assertThat(ada.codes(head, done, late)).containsExactly(null, ProblemCode.CURSOR_RESET);
        assertThat(ada.codes("no cursor", late)).containsExactly(ProblemCode.CURSOR_RESET);
        assertThat(ada.node(a.node()).name()).isEqualTo("b");
        assertThat(ada.codes(ada.head(), late)).containsExactly((ProblemCode) null);
        assertThat(ada.node(a.node()).name()).isEqualTo("c");
    }

    /** An author who has not read for long has nothing to fear of the server's history. */
    @Test
    void whatTheFeedHasForgottenIsStillOfThisHistory() {
        NodeState a = ada.folder(ada.root, "a");
        String head = ada.head();
        ada.folder(ada.root, "b");
        cell.pass(Duration.ofDays(31));
        ada.folder(ada.root, "c");
        assertThat(cell.store.upkeep().retain(10)).isPositive();
        assertThat(refused(cell.store.feed().changes(ada.caller, ada.ns, head, 10)))
                .isEqualTo(ProblemCode.CURSOR_RESET);
        assertThat(ada.codes(head, ada.move(a, ada.root, "d"))).containsExactly((ProblemCode) null);
    }

    @Test
    void theFloorOfTheTimeBeforeSaysNothingAndItsChangesAreForgottenToo() {
        ada.folder(ada.root, "a");
        cell.pass(Duration.ofDays(31));
        ada.folder(ada.root, "b");
        assertThat(cell.store.upkeep().retain(10)).isPositive();
        cell.store.upkeep().raiseIncarnation();
        ada.folder(ada.root, "c");
        String head = ada.head();
        ada.folder(ada.root, "d");
        assertThat(ada.read(head, 10).entries()).hasSize(1);
        cell.pass(Duration.ofDays(31));
        assertThat(cell.store.upkeep().retain(10)).isPositive();
        assertThat(cell.rows(Schema.Type.CHANGE_SET, ada.ns)).isZero();
        assertThat(refused(cell.store.feed().changes(ada.caller, ada.ns, head, 10)))
                .isEqualTo(ProblemCode.CURSOR_RESET);
        assertThat(ada.read(null, 1).entries()).hasSize(4);
    }

    @Test
    void noRewindGoesBackBeyondIt() {
        ada.folder(ada.root, "a");
        long before = cell.records.lastCommitted();
        long time = cell.nowMillis.get();
        cell.pass(Duration.ofHours(1));
        cell.store.upkeep().raiseIncarnation();
        NodeState b = ada.folder(ada.root, "b");
        for (RewindRequest early :
                new RewindRequest[] {
                    new RewindRequest(ada.root, before - 1, null),
                    new RewindRequest(ada.root, null, time)
                }) {
            assertThat(refused(cell.store.rewinds().plan(ada.caller, ada.ns, early, null, 10)))
                    .isEqualTo(ProblemCode.NOT_FOUND);
        }
        long then = cell.records.lastCommitted();
        ada.done(ada.move(b, ada.root, "moved"));
        RewindRequest request = new RewindRequest(ada.root, then, null);
        assertThat(ok(cell.store.rewinds().plan(ada.caller, ada.ns, request, null, 10)).steps())
                .hasSize(1);
        assertThat(ada.code(new Op.CreateFolder(ada.next(), ada.newNode(), ada.root, "a")))
                .as("names of the time before are taken")
                .isEqualTo(ProblemCode.NAME_TAKEN);
    }
}
