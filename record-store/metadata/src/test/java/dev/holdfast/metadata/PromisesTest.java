package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.embeddedfdb.engine.Faults;
import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResult;
import dev.holdfast.model.wire.VersionList;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is promised about the tree, one test a promise; each fails when its guard is taken out. */
class PromisesTest {
    private static final int ROUNDS = 12;

    /** Runs all at once and waits for all. */
    static <T> List<T> together(List<Callable<T>> calls) {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<T>> futures = new ArrayList<>();
            calls.forEach(call -> futures.add(threads.submit(call)));
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                results.add(future.get());
            }
            return results;
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void twoFoldersThatAreMovedIntoEachOtherNeverMakeACycle() {
        try (TestCell cell = new TestCell(21)) {
            TestDevice one = cell.account("ada");
            TestDevice two = one.sibling("phone");
            for (int i = 0; i < ROUNDS; i++) {
                NodeState a = one.folder(one.root, "a" + i);
                NodeState b = one.folder(one.root, "b" + i);
                NodeState below = one.folder(b.node(), "below");
                List<String> codes =
                        together(
                                List.of(
                                        () -> code(one.one(one.move(a, below.node(), "a"))),
                                        () -> code(two.one(two.move(b, a.node(), "b")))));
                assertThat(codes).containsOnlyOnce("cycle");
                assertThat(codes).containsOnlyOnce("done");
            }
        }
    }

    private static String code(OpResult result) {
        return result.code() == null ? "done" : result.code().toString();
    }

    @Test
    void ofManyWhoCreateOneNameExactlyOneWins() {
        try (TestCell cell = new TestCell(22)) {
            TestDevice one = cell.account("ada");
            List<TestDevice> devices = new ArrayList<>(List.of(one));
            for (int i = 0; i < 5; i++) {
                devices.add(one.sibling("device" + i));
            }
            for (int i = 0; i < ROUNDS; i++) {
                String name = i % 2 == 0 ? "n" + i : "caf\u00e9" + i;
                String same = i % 2 == 0 ? name : "cafe\u0301" + i;
                List<Callable<String>> calls = new ArrayList<>();
                for (TestDevice device : devices) {
                    String mine = device == one ? same : name;
                    calls.add(() ->
                            code(
                                    device.one(
                                            new Op.CreateFolder(
                                                    device.next(),
                                                    device.newNode(),
                                                    device.root,
                                                    mine))));
                }
                assertThat(together(calls)).containsOnlyOnce("done").contains("name-taken");
            }
        }
    }

    @Test
    void aThousandCreatesInOneFolderDoNotConflict() {
        AtomicInteger commits = new AtomicInteger();
        Supplier<Faults.@Nullable Fault> counting =
                () -> {
                    commits.incrementAndGet();
                    return null;
                };
        try (TestCell cell = new TestCell(23, TestDatabase.open(counting))) {
            TestDevice one = cell.account("ada");
            List<TestDevice> devices = new ArrayList<>(List.of(one));
            for (int i = 0; i < 3; i++) {
                devices.add(one.sibling("device" + i));
            }
            devices.forEach(device -> device.folder(device.root, "warm " + device.caller));
            int before = commits.get();
            List<Callable<Integer>> calls = new ArrayList<>();
            for (TestDevice device : devices) {
                calls.add(() -> {
                    for (int i = 0; i < 20; i++) {
                        device.folder(device.root, device.registered.device() + "-" + i);
                    }
                    return 20;
                });
            }
            together(calls);
            assertThat(commits.get() - before).as("no commit was tried twice").isEqualTo(80);
        }
    }

    @Test
    void anEditUnderAFolderTrashedThreeLevelsUpIsGone() {
        try (TestCell cell = new TestCell(24)) {
            TestDevice one = cell.account("ada");
            TestDevice two = one.sibling("phone");
            for (int i = 0; i < ROUNDS; i++) {
                NodeState top = one.folder(one.root, "top" + i);
                NodeState middle = one.folder(top.node(), "middle");
                NodeState low = one.folder(middle.node(), "low");
                NodeState file = one.file(low.node(), "f", "content " + i);
                String seen = one.head();
                Op put = two.put(file.node(), 1, "edit " + i);
                List<String> codes =
                        together(
                                List.of(
                                        () -> code(one.one(one.trashFolder(top.node(), seen))),
                                        () -> code(two.one(put))));
                assertThat(codes)
                        .as("either the edit was first and the trash was told, or it is gone")
                        .isIn(List.of("done", "gone"), List.of("unseen-changes", "done"));
                if (codes.getFirst().equals("done")) {
                    for (Op late : lateOps(two, low, file)) {
                        assertThat(two.code(late)).as(late.toString()).isEqualTo(ProblemCode.GONE);
                    }
                }
            }
        }
    }

    private static List<Op> lateOps(TestDevice device, NodeState low, NodeState file) {
        return List.of(
                device.put(file.node(), file.contentRev(), "late"),
                new Op.SetAttributes(device.next(), file.node(), 1, true),
                new Op.CreateFolder(device.next(), device.newNode(), low.node(), "late"),
                device.move(file, device.root, "rescued"),
                device.trashFile(file));
    }

    @Test
    void aTrashIsToldOfWhatItsAuthorHasNotSeen() {
        try (TestCell cell = new TestCell(25)) {
            TestDevice one = cell.account("ada");
            TestDevice two = one.sibling("phone");
            NodeState folder = one.folder(one.root, "shared");
            String seen = one.head();
            two.file(folder.node(), "new", "unseen");
            assertThat(one.code(one.trashFolder(folder.node(), seen)))
                    .isEqualTo(ProblemCode.UNSEEN_CHANGES);
            one.folder(one.root, "elsewhere");
            assertThat(one.code(one.trashFolder(folder.node(), one.head()))).isNull();
        }
    }

    @Test
    void aFolderMovedInByAnotherDeviceCountsAsUnseen() {
        try (TestCell cell = new TestCell(26)) {
            TestDevice one = cell.account("ada");
            TestDevice two = one.sibling("phone");
            NodeState folder = one.folder(one.root, "shared");
            NodeState other = one.folder(one.root, "other");
            String seen = one.head();
            two.done(two.move(other, folder.node(), "inside"));
            assertThat(one.code(one.trashFolder(folder.node(), seen)))
                    .isEqualTo(ProblemCode.UNSEEN_CHANGES);
        }
    }

    @Test
    void anOperationIsExecutedOnceWhateverTheCommitSays() {
        for (Faults.Fate fate : Faults.Fate.values()) {
            AtomicReference<Faults.@Nullable Fault> next = new AtomicReference<>();
            try (TestCell cell = new TestCell(27, TestDatabase.open(() -> next.getAndSet(null)))) {
                TestDevice device = cell.account("ada");
                NodeState file = device.file(device.root, "f", "one");
                String head = device.head();
                Op put = device.put(file.node(), 1, "two");
                next.set(new Faults.Fault(fate, FdbError.COMMIT_UNKNOWN_RESULT, 0));
                OpResult result = device.one(put);
                assertThat(result.code()).isNull();
                assertThat(device.one(put)).as("a retry answers alike").isEqualTo(result);
                assertThat(device.read(head, 10).entries())
                        .as("it happened once")
                        .extracting(ChangeEntry::node)
                        .containsExactly(result.node());
            }
        }
    }

    @Test
    void sequencesOfABatchMayLieFarApart() {
        try (TestCell cell = new TestCell(38)) {
            TestDevice device = cell.account("ada");
            List<Op> ops = new ArrayList<>();
            for (long sequence : new long[] {1, 2, 1_000, 1_000_000, 3, 999_999}) {
                ops.add(
                        new Op.CreateFolder(
                                sequence, device.newNode(), device.root, "f" + sequence));
            }
            OpBatch batch = new OpBatch(0, ops);
            List<OpResult> first =
                    ok(cell.store.nodes().apply(device.caller, device.ns, batch)).results();
            assertThat(first).allMatch(OpResult::done);
            assertThat(ok(cell.store.nodes().apply(device.caller, device.ns, batch)).results())
                    .isEqualTo(first);
        }
    }

    @Test
    void anotherOperationUnderAUsedSequenceIsRefused() {
        try (TestCell cell = new TestCell(28)) {
            TestDevice device = cell.account("ada");
            Op.CreateFolder op = new Op.CreateFolder(1_000, device.newNode(), device.root, "first");
            device.done(op);
            assertThat(
                            device.code(
                                    new Op.CreateFolder(
                                            1_000, device.newNode(), device.root, "second")))
                    .isEqualTo(ProblemCode.OP_MISMATCH);
            assertThat(device.one(op).code()).isNull();
        }
    }

    @Test
    void resultsBelowTheLowestOutstandingSequenceAreForgottenAndRefused() {
        try (TestCell cell = new TestCell(29)) {
            TestDevice device = cell.account("ada");
            List<Op> ops = new ArrayList<>();
            for (int i = 1; i <= 5; i++) {
                ops.add(new Op.CreateFolder(i, device.newNode(), device.root, "f" + i));
            }
            ok(cell.store.nodes().apply(device.caller, device.ns, new OpBatch(0, ops)));
            Op far = new Op.CreateFolder(5_000, device.newNode(), device.root, "far");
            ok(
                    cell.store
                            .nodes()
                            .apply(device.caller, device.ns, new OpBatch(5_000, List.of(far))));
            List<OpResult> late =
                    ok(cell.store.nodes().apply(device.caller, device.ns, new OpBatch(0, ops)))
                            .results();
            assertThat(late).extracting(OpResult::code).containsOnly(ProblemCode.OP_EXPIRED);
            assertThat(device.one(far).code()).isNull();
        }
    }

    @Test
    void anOperationThatNeedsARejectedOneIsRejected() {
        try (TestCell cell = new TestCell(30)) {
            TestDevice device = cell.account("ada");
            device.folder(device.root, "taken");
            NodeId folder = device.newNode();
            NodeId below = device.newNode();
            List<OpResult> results =
                    device.apply(
                            new Op.CreateFolder(device.next(), folder, device.root, "taken"),
                            new Op.CreateFolder(device.next(), below, folder, "below"),
                            new Op.CreateFolder(device.next(), device.newNode(), below, "deeper"),
                            new Op.CreateFolder(
                                    device.next(), device.newNode(), device.root, "other"));
            assertThat(results)
                    .extracting(OpResult::code)
                    .containsExactly(
                            ProblemCode.NAME_TAKEN,
                            ProblemCode.DEPENDENCY_FAILED,
                            ProblemCode.DEPENDENCY_FAILED,
                            null);
        }
    }

    @Test
    void aConflictingEditBecomesACopyBesideAndNothingIsOverwritten() {
        try (TestCell cell = new TestCell(31)) {
            TestDevice one = cell.account("ada");
            TestDevice two = one.sibling("phone");
            NodeState file = one.file(one.root, "plan.txt", "one");
            one.done(one.put(file.node(), 1, "two"));
            List<NodeState> copies = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                copies.add(
                        two.done(
                                new Op.PutContent(
                                        two.next(),
                                        file.node(),
                                        1,
                                        two.content("mine " + i),
                                        9,
                                        false,
                                        OnConflict.KEEP_BOTH,
                                        two.newNode())));
            }
            assertThat(copies)
                    .extracting(NodeState::name)
                    .containsExactly(
                            "plan (conflicted copy, phone 2026-03-01).txt",
                            "plan (conflicted copy, phone 2026-03-01 2).txt");
            assertThat(copies).extracting(NodeState::conflictOf).containsOnly(file.node());
            assertThat(one.stat(file.node()).contentRev()).isEqualTo(2);
            assertThat(ok(cell.store.nodes().conflicts(one.caller, one.ns, null, 10)).nodes())
                    .hasSize(2);
        }
    }

    @Test
    void renameAndEditOfOneFileDoNotConflict() {
        try (TestCell cell = new TestCell(32)) {
            TestDevice one = cell.account("ada");
            TestDevice two = one.sibling("phone");
            for (int i = 0; i < ROUNDS; i++) {
                NodeState file = one.file(one.root, "f" + i, "one " + i);
                Op put = two.put(file.node(), 1, "two " + i);
                assertThat(
                                together(
                                        List.of(
                                                () ->
                                                        code(
                                                                one.one(
                                                                        one.move(
                                                                                file,
                                                                                one.root,
                                                                                file.name()
                                                                                        + "r"))),
                                                () -> code(two.one(put)))))
                        .containsOnly("done");
                assertThat(one.stat(file.node()).rev()).isEqualTo(3);
            }
        }
    }

    @Test
    void twoRestoresToOneNameBothSurvive() {
        try (TestCell cell = new TestCell(33)) {
            TestDevice one = cell.account("ada");
            TestDevice two = one.sibling("phone");
            for (int i = 0; i < ROUNDS; i++) {
                NodeState first = one.file(one.root, "f" + i, "first");
                one.done(one.trashFile(first));
                NodeState second = one.file(one.root, "f" + i, "second");
                one.done(one.trashFile(second));
                together(
                        List.of(
                                () ->
                                        one.done(
                                                new Op.Restore(
                                                        one.next(), first.node(), null, null)),
                                () ->
                                        two.done(
                                                new Op.Restore(
                                                        two.next(), second.node(), null, null))));
                assertThat(one.stat(first.node()).name())
                        .isNotEqualTo(one.stat(second.node()).name());
            }
        }
    }

    @Test
    void purgeAgainstRestoreHasOneWinner() {
        try (TestCell cell = new TestCell(34)) {
            TestDevice one = cell.account("ada");
            TestDevice two = one.sibling("phone");
            for (int i = 0; i < ROUNDS; i++) {
                NodeState folder = one.folder(one.root, "f" + i);
                one.file(folder.node(), "inside", "c");
                one.done(one.trashFolder(folder.node(), one.head()));
                List<String> codes =
                        together(
                                List.of(
                                        () ->
                                                code(
                                                        one.one(
                                                                new Op.Purge(
                                                                        one.next(),
                                                                        folder.node()))),
                                        () ->
                                                code(
                                                        two.one(
                                                                new Op.Restore(
                                                                        two.next(),
                                                                        folder.node(),
                                                                        null,
                                                                        null)))));
                assertThat(codes).isIn(List.of("done", "not-found"), List.of("conflict", "done"));
            }
        }
    }

    @Test
    void aBatchThatSwapsTwoNamesWorksInOneRequest() {
        try (TestCell cell = new TestCell(35)) {
            TestDevice device = cell.account("ada");
            NodeState a = device.folder(device.root, "a");
            NodeState b = device.folder(device.root, "b");
            List<OpResult> results =
                    device.apply(
                            device.move(a, device.root, "tmp"),
                            device.move(b, device.root, "a"),
                            new Op.Move(
                                    device.next(),
                                    a.node(),
                                    device.root,
                                    "tmp",
                                    device.root,
                                    "b",
                                    OnConflict.REJECT));
            assertThat(results).allMatch(OpResult::done);
            assertThat(device.stat(a.node()).name()).isEqualTo("b");
            assertThat(device.stat(b.node()).name()).isEqualTo("a");
        }
    }

    @Test
    void anOldVersionComesBackAsANewOneAndKeepsItsContent() {
        try (TestCell cell = new TestCell(36)) {
            TestDevice device = cell.account("ada");
            NodeState file = device.file(device.root, "f", "one");
            device.done(device.put(file.node(), 1, "two"));
            NodeState back = device.done(new Op.RestoreVersion(device.next(), file.node(), 1, 2));
            assertThat(back.contentRev()).isEqualTo(3);
            assertThat(back.contentHash()).isEqualTo(file.contentHash());
            assertThat(
                            ok(cell.store.nodes().versions(device.caller, device.ns, file.node()))
                                    .versions())
                    .extracting(VersionList.Entry::contentRev)
                    .containsExactly(3L, 2L, 1L);
        }
    }

    @Test
    void aLargeFolderIsPurgedInBoundedStepsAndNothingIsCharged() {
        try (TestCell cell = new TestCell(37)) {
            TestDevice device = cell.account("ada");
            NodeState top = device.folder(device.root, "top");
            for (int i = 0; i < 4; i++) {
                NodeState folder = device.folder(top.node(), "d" + i);
                Op[] ops = new Op[60];
                for (int k = 0; k < ops.length; k++) {
                    ops[k] =
                            device.createFile(
                                    device.newNode(),
                                    folder.node(),
                                    "f" + k,
                                    device.content("c" + k),
                                    OnConflict.REJECT);
                }
                device.apply(ops);
            }
            device.done(device.trashFolder(top.node(), device.head()));
            device.apply(new Op.Purge(device.next(), top.node()));
            Jobs jobs = new Jobs(cell.records, cell.config);
            for (int i = 0; i < 100 && jobs.run(10) > 0; i++) {}
            assertThat(ok(cell.store.namespaces().get(device.caller, device.ns)).usedBytes())
                    .isZero();
            assertThat(device.read(null, 1000).entries()).isEmpty();
        }
    }
}
