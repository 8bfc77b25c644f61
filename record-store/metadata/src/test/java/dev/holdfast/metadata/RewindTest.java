package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static dev.holdfast.metadata.TestCell.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.Answer;
import dev.holdfast.model.Id128;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.Place;
import dev.holdfast.model.wire.RewindAction;
import dev.holdfast.model.wire.RewindPlan;
import dev.holdfast.model.wire.RewindRequest;
import dev.holdfast.model.wire.RewindStart;
import dev.holdfast.model.wire.RewindStep;
import dev.holdfast.model.wire.TreeJobState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Folders brought back to what they were, step by step, with rivals, and after any history. */
class RewindTest {
    private TestCell cell = new TestCell(73);
    private TestDevice ada = cell.account("ada");

    @AfterEach
    void close() {
        cell.close();
    }

    private static RewindRequest to(NodeId folder, long version) {
        return new RewindRequest(folder, version, null);
    }

    /** The version of everything that was committed so far. */
    private long now() {
        return cell.records.read(RecordTransaction::readVersion);
    }

    private List<RewindStep> plan(RewindRequest request, int limit) {
        List<RewindStep> steps = new ArrayList<>();
        @Nullable String after = null;
        do {
            RewindPlan page =
                    ok(cell.store.rewinds().plan(ada.caller, ada.ns, request, after, limit));
            steps.addAll(page.steps());
            after = page.next();
        } while (after != null);
        return steps;
    }

    private TreeJobState start(RewindRequest request) {
        return ok(
                cell.store
                        .rewinds()
                        .start(
                                ada.caller,
                                ada.ns,
                                new RewindStart(Id128.random(cell.random), request)));
    }

    private TreeJobState rewind(RewindRequest request) {
        TreeJobState begun = start(request);
        for (int i = 0; i < 10_000 && cell.store.upkeep().runJobs(1) > 0; i++) {}
        TreeJobState ended = ok(cell.store.treeJobs().get(ada.caller, ada.ns, begun.job()));
        assertThat(ended.state()).isEqualTo("done");
        return ended;
    }

    /** Everything live below a folder: path to content hash, attributes or target. */
    private Map<String, String> tree(NodeId folder) {
        Map<String, String> found = new TreeMap<>();
        walk(folder, "", found);
        return found;
    }

    private void walk(NodeId folder, String path, Map<String, String> found) {
        for (NodeState node :
                ok(cell.store.nodes().children(ada.caller, ada.ns, folder, null, 1000)).nodes()) {
            String at = path + "/" + node.name();
            found.put(
                    at,
                    node.node()
                            + " "
                            + node.contentHash()
                            + " "
                            + node.target()
                            + " "
                            + node.mtimeNanos()
                            + " "
                            + node.executable());
            if (node.kind() == NodeKind.FOLDER) {
                walk(node.node(), at, found);
            }
        }
    }

    private NodeState stat(NodeState node) {
        return ada.stat(node.node());
    }

    @Test
    void eachKindOfChangeIsPlannedAndUndone() {
        NodeState top = ada.folder(ada.root, "top");
        NodeState moved = ada.file(top.node(), "moved", "m");
        NodeState edited = ada.file(top.node(), "edited", "one");
        NodeState trashed = ada.folder(top.node(), "trashed");
        ada.file(trashed.node(), "below", "b");
        NodeState marked = ada.file(top.node(), "marked", "x");
        NodeState link =
                ada.done(
                        new Op.CreateSymlink(
                                ada.next(),
                                ada.newNode(),
                                top.node(),
                                "link",
                                "old",
                                OnConflict.REJECT));
        Map<String, String> before = tree(top.node());
        long version = now();

        ada.done(ada.move(moved, ada.root, "elsewhere"));
        ada.done(ada.put(edited.node(), 1, "two"));
        ada.done(ada.trashFolder(trashed.node(), ada.head()));
        ada.done(new Op.SetAttributes(ada.next(), marked.node(), 99, true));
        ada.done(new Op.PutSymlink(ada.next(), link.node(), 1, "new"));
        NodeState fresh = ada.folder(top.node(), "fresh");
        ada.file(fresh.node(), "deep", "d");
        NodeState stranger = ada.file(ada.root, "stranger", "s");

        List<RewindStep> steps = plan(to(top.node(), version), 2);
        assertThat(steps)
                .extracting(step -> step.path() + " " + step.actions())
                .containsExactlyInAnyOrder(
                        "/top/moved " + List.of(RewindAction.MOVE),
                        "/top/edited " + List.of(RewindAction.CONTENT),
                        "/top/trashed " + List.of(RewindAction.RESTORE),
                        "/top/marked " + List.of(RewindAction.ATTRIBUTES),
                        "/top/link " + List.of(RewindAction.CONTENT),
                        "/top/fresh " + List.of(RewindAction.TRASH));
        assertThat(steps)
                .filteredOn(step -> step.path().equals("/top/moved"))
                .singleElement()
                .matches(step -> new Place(top.node(), "moved").equals(step.to()));

        TreeJobState ended = rewind(to(top.node(), version));
        assertThat(tree(top.node())).isEqualTo(before);
        assertThat(ended.doneItems()).isEqualTo(6);
        assertThat(ended.skippedItems()).isZero();
        assertThat(stat(stranger)).isEqualTo(stranger);
        assertThat(plan(to(top.node(), version), 100)).isEmpty();
        assertThat(ok(cell.store.nodes().trash(ada.caller, ada.ns, null, 10)).nodes())
                .extracting(NodeState::name)
                .containsExactly("fresh");
    }

    @Test
    void namesThatWereExchangedAndFoldersThatWereTurnedInsideOutComeBack() {
        NodeState top = ada.folder(ada.root, "top");
        NodeState a = ada.folder(top.node(), "a");
        NodeState b = ada.folder(a.node(), "b");
        NodeState x = ada.file(top.node(), "x", "x");
        NodeState y = ada.file(top.node(), "y", "y");
        Map<String, String> before = tree(top.node());
        long version = now();
        ada.done(ada.move(x, top.node(), "z"));
        ada.done(ada.move(y, top.node(), "x"));
        ada.done(ada.move(stat(x), top.node(), "y"));
        ada.done(ada.move(b, top.node(), "b"));
        ada.done(ada.move(a, b.node(), "a"));
        ada.file(top.node(), "z", "new under an old name");
        rewind(to(top.node(), version));
        assertThat(tree(top.node())).isEqualTo(before);
    }

    @Test
    void whatCameInFromOutsideGoesBackThere() {
        NodeState top = ada.folder(ada.root, "top");
        NodeState outside = ada.folder(ada.root, "outside");
        NodeState guest = ada.file(outside.node(), "guest", "g");
        long version = now();
        ada.done(ada.move(guest, top.node(), "guest"));
        rewind(to(top.node(), version));
        assertThat(stat(guest).parent()).isEqualTo(outside.node());
    }

    @Test
    void whatIsGoneForGoodIsSaidAndLeftAlone() {
        NodeState top = ada.folder(ada.root, "top");
        NodeState file = ada.file(top.node(), "f", "f");
        NodeState folder = ada.folder(top.node(), "d");
        NodeState below = ada.file(folder.node(), "below", "b");
        long version = now();
        ada.done(ada.trashFile(file));
        ada.apply(new Op.Purge(ada.next(), file.node()));
        ada.done(ada.trashFolder(folder.node(), ada.head()));
        ada.apply(new Op.Purge(ada.next(), folder.node()));
        assertThat(plan(to(top.node(), version), 10))
                .allMatch(step -> step.actions().equals(List.of(RewindAction.LOST)))
                .extracting(RewindStep::node)
                .containsExactlyInAnyOrder(file.node(), folder.node(), below.node());
        assertThat(rewind(to(top.node(), version)).skippedItems()).isEqualTo(3);
    }

    @Test
    void whatADeviceChangesAfterTheStartIsLeftAlone() {
        NodeState top = ada.folder(ada.root, "top");
        NodeState file = ada.file(top.node(), "f", "one");
        List<NodeState> many = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            many.add(ada.file(top.node(), "n" + i, "n"));
        }
        long version = now();
        NodeState fresh = ada.folder(top.node(), "fresh");
        for (NodeState node : many) {
            ada.done(ada.move(node, top.node(), node.name() + "-renamed"));
        }
        ada.done(ada.put(file.node(), 1, "two"));
        TreeJobState begun = start(to(top.node(), version));
        assertThat(begun.state()).isEqualTo("running");
        ada.done(ada.put(file.node(), 2, "three"));
        NodeState late = ada.file(fresh.node(), "late", "l");
        for (int i = 0; i < 10_000 && cell.store.upkeep().runJobs(1) > 0; i++) {}
        TreeJobState ended = ok(cell.store.treeJobs().get(ada.caller, ada.ns, begun.job()));
        assertThat(ended.state()).isEqualTo("done");
        assertThat(ended.skippedItems()).isEqualTo(2);
        assertThat(stat(file).contentRev()).isEqualTo(3);
        assertThat(stat(late)).as("its folder did not go into the trash").isEqualTo(late);
        assertThat(tree(top.node())).containsKeys("/n0", "/n299").doesNotContainKey("/n0-renamed");
    }

    @Test
    void aTrashOfARewindReadsTheHeadAgainstANewFileBelow() {
        NodeState top = ada.folder(ada.root, "top");
        long version = now();
        NodeState fresh = ada.folder(top.node(), "fresh");
        TestDevice phone = ada.sibling("phone");
        Op late = new Op.CreateFolder(phone.next(), phone.newNode(), fresh.node(), "late");
        // The first step, of the other phase, draws nothing: this runs in the second.
        cell.beforeCommit.set(null);
        TreeJobState begun =
                ok(
                        cell.store
                                .rewinds()
                                .start(
                                        ada.caller,
                                        ada.ns,
                                        new RewindStart(
                                                rivalOfTheTrash(phone, late),
                                                to(top.node(), version))));
        for (int i = 0; i < 100 && cell.store.upkeep().runJobs(1) > 0; i++) {}
        assertThat(cell.beforeCommit.get()).as("the rival really ran").isNull();
        TreeJobState ended = ok(cell.store.treeJobs().get(ada.caller, ada.ns, begun.job()));
        assertThat(ended.skippedItems()).isEqualTo(1);
        assertThat(stat(fresh)).isEqualTo(fresh);
    }

    private Id128 rivalOfTheTrash(TestDevice phone, Op late) {
        Id128 job = Id128.random(cell.random);
        cell.beforeCommit.set(() -> assertThat(phone.code(late)).isNull());
        return job;
    }

    @Test
    void aRewindGoesByTimeAndRefusesWhatIsNotKept() {
        NodeState top = ada.folder(ada.root, "top");
        NodeState file = ada.file(top.node(), "f", "one");
        cell.pass(Duration.ofHours(1));
        long then = cell.nowMillis.get();
        cell.pass(Duration.ofHours(1));
        ada.done(ada.put(file.node(), 1, "two"));
        RewindRequest request = new RewindRequest(top.node(), null, then);
        assertThat(plan(request, 10)).hasSize(1);
        rewind(request);
        assertThat(stat(file).contentHash()).isEqualTo(file.contentHash());

        assertThat(refusedPlan(new RewindRequest(top.node(), null, then - 999_999_999)))
                .as("before the folder was")
                .isEqualTo(ProblemCode.NOT_FOUND);
        assertThat(refusedPlan(new RewindRequest(top.node(), null, Long.MAX_VALUE)))
                .isEqualTo(ProblemCode.INVALID);
        assertThat(refusedPlan(new RewindRequest(top.node(), 1L, 1L)))
                .isEqualTo(ProblemCode.INVALID);
        assertThat(refusedPlan(to(file.node(), now()))).isEqualTo(ProblemCode.INVALID);
        cell.pass(Duration.ofDays(31));
        assertThat(cell.store.upkeep().retain(10)).isPositive();
        assertThat(refusedPlan(request)).isEqualTo(ProblemCode.NOT_FOUND);
        assertThat(refusedPlan(to(top.node(), 1))).isEqualTo(ProblemCode.NOT_FOUND);
    }

    private ProblemCode refusedPlan(RewindRequest request) {
        return refused(cell.store.rewinds().plan(ada.caller, ada.ns, request, null, 10));
    }

    @Test
    void aRewindIsStartedOncePausedResumedAndCancelled() {
        NodeState top = ada.folder(ada.root, "top");
        long version = now();
        for (int i = 0; i < 400; i++) {
            ada.folder(top.node(), "n" + i);
        }
        RewindStart start = new RewindStart(Id128.random(cell.random), to(top.node(), version));
        TreeJobs jobs = cell.store.treeJobs();
        assertThat(ok(cell.store.rewinds().start(ada.caller, ada.ns, start)).state())
                .isEqualTo("running");
        ok(jobs.wish(ada.caller, ada.ns, start.job(), TreeJobs.Wish.PAUSE));
        assertThat(cell.store.upkeep().runJobs(10)).isZero();
        assertThat(ok(cell.store.rewinds().start(ada.caller, ada.ns, start)).state())
                .isEqualTo("paused");
        ok(jobs.wish(start.job(), TreeJobs.Wish.RESUME));
        assertThat(cell.store.upkeep().runJobs(1)).isEqualTo(1);
        ok(jobs.wish(ada.caller, ada.ns, start.job(), TreeJobs.Wish.CANCEL));
        assertThat(cell.store.upkeep().runJobs(10)).isZero();
        assertThat(jobs.get(start.job()).orElseThrow().state()).isEqualTo("cancelled");
        RewindStart other = new RewindStart(start.job(), to(ada.root, version));
        assertThat(refused(cell.store.rewinds().start(ada.caller, ada.ns, other)))
                .isEqualTo(ProblemCode.ID_REUSED);
        cell.pass(Duration.ofDays(8));
        cell.store.upkeep().retain(10);
        assertThat(jobs.list(10)).isEmpty();
    }

    /** Whatever happened since: a rewind gives the tree that was, and a rewind of it the other. */
    @Test
    void anyHistoryIsRewoundAndForthAgain() {
        Seeds.each("RewindTest", Integer.getInteger("holdfast.history.seeds", 4), this::history);
    }

    /** With commits that are refused, and commits of which nobody learns the result. */
    private void history(long seed) {
        Random random = new Random(seed);
        Random fates = new Random(~seed);
        AtomicBoolean faulty = new AtomicBoolean();
        cell.close();
        cell =
                new TestCell(
                        seed,
                        TestDatabase.open(
                                () -> faulty.get() ? RandomHistoryTest.fault(fates) : null));
        ada = cell.account("ada");
        faulty.set(true);
        NodeState top = ada.folder(ada.root, "top");
        List<NodeId> nodes = new ArrayList<>(List.of(top.node()));
        mess(random, nodes, 60);
        Map<String, String> before = tree(top.node());
        long version = now();
        mess(random, nodes, 60);
        Map<String, String> after = tree(top.node());
        long later = now();
        rewind(to(top.node(), version));
        assertThat(tree(top.node())).isEqualTo(before);
        rewind(to(top.node(), later));
        assertThat(tree(top.node())).isEqualTo(after);
    }

    private void mess(Random random, List<NodeId> nodes, int ops) {
        for (int i = 0; i < ops; i++) {
            NodeId node = nodes.get(random.nextInt(nodes.size()));
            NodeId parent = nodes.get(random.nextInt(nodes.size()));
            String name = "n" + random.nextInt(12);
            if (!(cell.store.nodes().stat(ada.caller, ada.ns, node)
                    instanceof Answer.Ok<NodeState>(var state))) {
                ada.one(new Op.Restore(ada.next(), node, null, null));
                continue;
            }
            boolean top = node.equals(nodes.getFirst());
            switch (random.nextInt(top ? 3 : 8)) {
                case 0, 1 -> {
                    Op.CreateFolder create =
                            new Op.CreateFolder(ada.next(), ada.newNode(), parent, name);
                    if (ada.code(create) == null) {
                        nodes.add(create.node());
                    }
                }
                case 2 -> {
                    Op.CreateFile create =
                            ada.createFile(
                                    ada.newNode(),
                                    parent,
                                    name,
                                    ada.content("c" + random.nextInt(9)),
                                    OnConflict.REJECT);
                    if (ada.code(create) == null) {
                        nodes.add(create.node());
                    }
                }
                case 3, 4 -> ada.one(ada.move(state, parent, name));
                case 5 ->
                        ada.one(
                                state.kind() == NodeKind.FOLDER
                                        ? ada.trashFolder(node, ada.head())
                                        : ada.trashFile(state));
                default -> {
                    if (state.kind() == NodeKind.FILE) {
                        ada.one(
                                random.nextBoolean()
                                        ? ada.put(node, state.contentRev(), "p" + i)
                                        : new Op.SetAttributes(
                                                ada.next(), node, i, random.nextBoolean()));
                    }
                }
            }
        }
    }
}
