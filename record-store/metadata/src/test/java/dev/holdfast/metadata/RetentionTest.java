package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static dev.holdfast.metadata.TestCell.refused;
import static org.assertj.core.api.Assertions.assertThat;

import com.apple.foundationdb.record.provider.foundationdb.FDBStoreTimer;
import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.Id128;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.ChangeKind;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.RetentionPolicy;
import dev.holdfast.model.wire.VersionList;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What policies keep and drop, and what is forgotten when nobody can need it any more. */
class RetentionTest {
    private final TestCell cell = new TestCell(74);
    private final TestDevice ada = cell.account("ada");

    @AfterEach
    void close() {
        cell.close();
    }

    private void policy(int days, int count, int dailyAfter, int trash) {
        RetentionPolicy policy = new RetentionPolicy(days, count, dailyAfter, trash);
        assertThat(ok(cell.store.namespaces().setRetention(ada.caller, ada.ns, policy)))
                .isEqualTo(policy);
        assertThat(ok(cell.store.namespaces().retention(ada.caller, ada.ns))).isEqualTo(policy);
    }

    private void work() {
        for (int i = 0; i < 1_000; i++) {
            if (cell.store.upkeep().retain(10) + cell.store.upkeep().runJobs(10) == 0) {
                return;
            }
        }
        throw new AssertionError("retention does not end");
    }

    private List<Long> versions(NodeState file) {
        return ok(cell.store.nodes().versions(ada.caller, ada.ns, file.node())).versions().stream()
                .map(VersionList.Entry::contentRev)
                .toList();
    }

    private void putTimes(NodeState file, int from, int times) {
        for (int i = 0; i < times; i++) {
            ada.done(ada.put(file.node(), from + i, "version " + (from + i + 1)));
        }
    }

    @Test
    void aNewVersionPushesOutTheOldestBeyondTheCount() {
        policy(0, 2, 0, 0);
        NodeState file = ada.file(ada.root, "f", "version 1");
        putTimes(file, 1, 5);
        assertThat(versions(file)).containsExactly(6L, 5L, 4L);
        assertThat(ok(cell.store.namespaces().get(ada.caller, ada.ns)).usedBytes())
                .as("what was pushed out is not charged")
                .isEqualTo(3L * "version 1".length());
        assertThat(ada.code(new Op.RestoreVersion(ada.next(), file.node(), 3, 6)))
                .isEqualTo(ProblemCode.NOT_FOUND);
        ada.done(new Op.RestoreVersion(ada.next(), file.node(), 4, 6));
        assertThat(versions(file)).containsExactly(7L, 6L, 5L);
        assertThat(ok(cell.store.nodes().manifest(ada.caller, ada.ns, file.node(), null, 0, 10)))
                .as("the content of a restored version outlives the version")
                .isNotNull();
    }

    @Test
    void manyPutsOfOneBatchPushOutEachVersionOnce() {
        policy(0, 1, 0, 0);
        NodeState file = ada.file(ada.root, "f", "version 1");
        List<Op> ops = new ArrayList<>();
        for (int i = 1; i <= 20; i++) {
            ops.add(ada.put(file.node(), i, "v" + i));
        }
        assertThat(ada.apply(ops.toArray(Op[]::new))).allMatch(r -> r.done());
        putTimes(file, 21, 7);
        assertThat(versions(file)).containsExactly(28L, 27L);
        assertThat(ok(cell.store.namespaces().get(ada.caller, ada.ns)).usedBytes())
                .isEqualTo(2L * "version 28".length());
    }

    @Test
    void aPolicyThatKeepsLessIsAppliedToWhatIsThere() {
        List<NodeState> files = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            NodeState file = ada.file(ada.root, "f" + i, "version 1");
            putTimes(file, 1, 6);
            files.add(file);
        }
        policy(0, 3, 0, 0);
        work();
        for (NodeState file : files) {
            assertThat(versions(file)).containsExactly(7L, 6L, 5L, 4L);
        }
        assertThat(cell.store.treeJobs().list(10))
                .singleElement()
                .matches(job -> job.state().equals("done") && job.doneItems() == 30 * 3);
    }

    @Test
    void oneVersionADayIsKeptAfterAWhile() {
        policy(0, 0, 10, 0);
        work();
        NodeState file = ada.file(ada.root, "f", "version 1");
        cell.pass(Duration.ofHours(1));
        putTimes(file, 1, 2);
        cell.pass(Duration.ofDays(1));
        putTimes(file, 3, 1);
        cell.pass(Duration.ofHours(2));
        putTimes(file, 4, 1);
        cell.pass(Duration.ofDays(9));
        work();
        assertThat(versions(file)).as("the first day").containsExactly(5L, 4L, 3L);
        cell.pass(Duration.ofDays(2));
        work();
        assertThat(versions(file)).as("the last of each day").containsExactly(5L, 3L);
        cell.pass(Duration.ofDays(999));
        work();
        assertThat(versions(file)).containsExactly(5L, 3L);
    }

    @Test
    void whatWasThinnedOutIsNotLookedAtAgain() {
        policy(0, 0, 1, 0);
        NodeState file = ada.file(ada.root, "f", "version 1");
        cell.pass(Duration.ofDays(3));
        putTimes(file, 1, 1);
        cell.pass(Duration.ofDays(3));
        work();
        int reads = readsOfNothing();
        for (int day = 0; day < 250; day++) {
            cell.pass(Duration.ofDays(1));
            putTimes(file, day + 2, 1);
        }
        cell.pass(Duration.ofDays(3));
        work();
        assertThat(versions(file)).hasSize(252);
        assertThat(readsOfNothing())
                .as("nothing is due, nothing is read but what says so")
                .isEqualTo(reads);
    }

    private int readsOfNothing() {
        cell.timer.reset();
        assertThat(cell.store.upkeep().retain(10)).isZero();
        return cell.timer.getCount(FDBStoreTimer.Counts.READS);
    }

    @Test
    void theVersionOfATimeIsFound() {
        long before = cell.nowMillis.get() - 1;
        NodeState file = ada.file(ada.root, "f", "version 1");
        List<Long> times = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            cell.pass(Duration.ofHours(1));
            times.add(cell.nowMillis.get());
            putTimes(file, i, 1);
        }
        for (int i = 0; i < 3; i++) {
            assertThat(at(file, times.get(i))).isEqualTo(i + 2);
            assertThat(at(file, times.get(i) - 1)).isEqualTo(i + 1);
        }
        assertThat(refused(cell.store.nodes().versionAt(ada.caller, ada.ns, file.node(), before)))
                .isEqualTo(ProblemCode.NOT_FOUND);
    }

    private long at(NodeState file, long atMillis) {
        return ok(cell.store.nodes().versionAt(ada.caller, ada.ns, file.node(), atMillis))
                .contentRev();
    }

    @Test
    void tombstonesGoWithTheFeedAndAReadThatBeganBeforeThemBeginsAnew() {
        NodeState folder = ada.folder(ada.root, "d");
        for (int i = 0; i < 20; i++) {
            ada.file(folder.node(), "f" + i, "c");
        }
        ada.folder(ada.root, "stays");
        ChangesPage first = ok(cell.store.feed().changes(ada.caller, ada.ns, null, 1));
        ada.done(ada.trashFolder(folder.node(), ada.head()));
        ada.apply(new Op.Purge(ada.next(), folder.node()));
        while (cell.store.upkeep().runJobs(10) > 0) {}
        int rows = cell.rows(Schema.Type.NODE, ada.ns);
        assertThat(ada.read(first.cursor(), 100).entries())
                .filteredOn(e -> e.kind() == ChangeKind.PURGED)
                .as("a read that began before is told of each")
                .hasSize(21);
        cell.pass(Duration.ofDays(29));
        work();
        assertThat(cell.rows(Schema.Type.NODE, ada.ns)).isEqualTo(rows);
        cell.pass(Duration.ofDays(2));
        work();
        assertThat(cell.rows(Schema.Type.NODE, ada.ns)).isEqualTo(rows - 21);
        assertThat(refused(cell.store.feed().changes(ada.caller, ada.ns, first.cursor(), 10)))
                .isEqualTo(ProblemCode.CURSOR_RESET);
        assertThat(ada.read(null, 1).entries())
                .extracting(ChangeEntry::node)
                .extracting(NodeState::name)
                .containsExactly("stays");
    }

    @Test
    void aJobThatFailsHoldsNobodyUp() {
        NodeState folder = ada.folder(ada.root, "d");
        for (int i = 0; i < 20; i++) {
            ada.folder(folder.node(), "n" + i);
        }
        // What only a newer version can do.
        var strange =
                Jobs.fresh(
                                Bytes.of(Id128.random(cell.random)),
                                "of the future",
                                Bytes.of(ada.ns),
                                cell.nowMillis.get() - 1)
                        .build();
        cell.records.write(t -> t.join(t.save(Schema.Type.JOB, strange)));
        ada.done(ada.trashFolder(folder.node(), ada.head()));
        OpBatch purge = new OpBatch(0, List.of(new Op.Purge(ada.next(), folder.node())));
        ok(cell.store.nodes().apply(ada.caller, ada.ns, purge));
        cell.store.upkeep().runJobs(100);
        assertThat(cell.store.treeJobs().list(10))
                .extracting(job -> job.kind() + " " + job.state() + " " + (job.problem() != null))
                .containsExactlyInAnyOrder("purge done false", "of the future running true");
        String problem =
                cell.store.treeJobs().list(10).stream()
                        .map(job -> job.problem())
                        .filter(Objects::nonNull)
                        .findFirst()
                        .orElseThrow();
        assertThat(problem).contains("needs a newer version of this server");
    }
}
