package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.Answer;
import dev.holdfast.model.ContentHash;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResult;
import dev.holdfast.model.wire.OpResults;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Operations of several devices at once, the named races and random ones, with commits refused and
 * commits unknown: what they answered and what the tree is afterwards is what some serial order of
 * them comes to in {@link ModelTree}.
 */
class RaceHistoryTest {
    private static final int SEEDS = Integer.getInteger("holdfast.races.seeds", 2);
    private static final int ROUNDS = 30;
    private static final LocalDate TODAY = LocalDate.of(2026, 3, 1);

    @Test
    void everyRaceComesToSomeSerialOrder() {
        Seeds.each("RaceHistoryTest", SEEDS, seed -> new Races(seed).run());
    }

    /** A device that is asked for an operation, once it is known what is there. */
    private interface Ask {
        Op of(TestDevice device);
    }

    private record Contender(int device, Op op) {}

    private static final class Races {
        private final Random random;
        private final TestCell cell;
        private final AtomicBoolean faulty = new AtomicBoolean();
        private final List<TestDevice> devices = new ArrayList<>();
        private final List<String> names = List.of("laptop", "phone", "tower");
        private final Map<Op, ModelTree.Content> contents = new HashMap<>();
        private ModelTree model;
        private int round;

        Races(long seed) {
            random = new Random(seed);
            Random luck = new Random(~seed);
            cell =
                    new TestCell(
                            seed,
                            TestDatabase.open(
                                    () -> faulty.get() ? RandomHistoryTest.fault(luck) : null));
            TestDevice first = cell.account("ada");
            devices.add(first);
            devices.add(first.sibling("phone"));
            devices.add(first.sibling("tower"));
            model = new ModelTree(first.stat(first.root), TODAY);
            faulty.set(true);
        }

        void run() {
            try (cell) {
                for (round = 0; round < ROUNDS; round++) {
                    named(round % 9);
                    race(random());
                }
            }
        }

        private TestDevice one() {
            return devices.getFirst();
        }

        /** Done by itself, in the store and in the model. */
        private NodeState alone(Op op) {
            OpResult result = one().one(op);
            ModelTree.Expected expected = applied(model, 0, op, model.log.size());
            assertThat(result.code()).as(op.toString()).isEqualTo(expected.code());
            assertThat(result.code()).isNull();
            return Objects.requireNonNull(expected.node());
        }

        private ModelTree.Expected applied(ModelTree tree, int device, Op op, int seen) {
            return tree.apply(
                    devices.get(device).registered.device(),
                    names.get(device),
                    op,
                    contents.get(op),
                    seen);
        }

        private NodeState folder(NodeId parent, String name) {
            return alone(new Op.CreateFolder(one().next(), one().newNode(), parent, name));
        }

        private NodeState file(NodeId parent, String name) {
            return alone(create(one(), parent, name));
        }

        private Op create(TestDevice device, NodeId parent, String name) {
            String text = "content " + random.nextInt(1_000_000);
            long sequence = device.next();
            Op op =
                    new Op.CreateFile(
                            sequence,
                            device.newNode(),
                            parent,
                            name,
                            device.content(text),
                            sequence,
                            false,
                            OnConflict.KEEP_BOTH);
            contents.put(op, content(text, sequence));
            return op;
        }

        private Op put(TestDevice device, NodeState file) {
            String text = "content " + random.nextInt(1_000_000);
            long sequence = device.next();
            Op op =
                    new Op.PutContent(
                            sequence,
                            file.node(),
                            file.contentRev(),
                            device.content(text),
                            sequence,
                            false,
                            OnConflict.KEEP_BOTH,
                            device.newNode());
            contents.put(op, content(text, sequence));
            return op;
        }

        private static ModelTree.Content content(String text, long mtime) {
            ChunkRef chunk = TestCell.chunk(text);
            return new ModelTree.Content(
                    chunk.length(), 1, ContentHash.of(List.of(chunk)), mtime, false, null);
        }

        private static Op mkdir(TestDevice device, NodeId parent, String name) {
            return new Op.CreateFolder(device.next(), device.newNode(), parent, name);
        }

        private static Op restore(TestDevice device, NodeState node) {
            return new Op.Restore(device.next(), node.node(), null, null);
        }

        private static Op trash(TestDevice device, NodeState node) {
            return node.kind() == NodeKind.FOLDER
                    ? device.trashFolder(node.node(), device.head())
                    : new Op.Trash(device.next(), node.node(), node.contentRev(), null);
        }

        /** The races that have names; each with folders of its own. */
        private void named(int which) {
            NodeState top = folder(one().root, "round " + round);
            NodeState middle = folder(top.node(), "middle");
            NodeState low = folder(middle.node(), "low");
            NodeState file = file(low.node(), "f");
            switch (which) {
                case 0 -> {
                    NodeState other = folder(one().root, "other " + round);
                    NodeState below = folder(other.node(), "below");
                    race(
                            d -> d.move(top, below.node(), "t"),
                            d -> d.move(other, low.node(), "o"),
                            d -> d.move(below, middle.node(), "b"));
                }
                case 1 ->
                        race(
                                d -> trash(d, top),
                                d -> mkdir(d, low.node(), "late"),
                                d -> put(d, file));
                case 2 ->
                        race(
                                d -> trash(d, low),
                                d -> create(d, low.node(), "new"),
                                d -> trash(d, top));
                case 3 -> {
                    alone(trash(one(), file));
                    NodeState again = file(low.node(), "f");
                    alone(trash(one(), again));
                    race(
                            d -> restore(d, file),
                            d -> restore(d, again),
                            d -> create(d, low.node(), "f"));
                }
                case 4 ->
                        race(
                                d -> d.move(file, top.node(), "g"),
                                d -> put(d, file),
                                d -> d.move(file, low.node(), "h"));
                case 5 -> {
                    alone(trash(one(), low));
                    race(
                            d -> new Op.Purge(d.next(), low.node()),
                            d -> restore(d, low),
                            d -> new Op.Restore(d.next(), low.node(), d.root, "saved"));
                }
                case 6 -> {
                    alone(put(one(), file));
                    race(
                            d -> new Op.RestoreVersion(d.next(), file.node(), 1, 2),
                            d -> put(d, Objects.requireNonNull(model.nodes.get(file.node()))),
                            d -> trash(d, Objects.requireNonNull(model.nodes.get(file.node()))));
                }
                case 7 ->
                        race(
                                d -> mkdir(d, top.node(), "caf\u00e9"),
                                d -> mkdir(d, top.node(), "cafe\u0301"),
                                d -> d.move(middle, top.node(), "caf\u00e9"));
                default ->
                        race(
                                d -> new Op.SetAttributes(d.next(), file.node(), 1, true),
                                d -> trash(d, file),
                                d -> d.move(top, one().root, "renamed " + round));
            }
        }

        private Ask[] random() {
            Ask[] asks = new Ask[devices.size()];
            for (int i = 0; i < asks.length; i++) {
                asks[i] = this::any;
            }
            return asks;
        }

        private Op any(TestDevice device) {
            List<NodeState> all = List.copyOf(model.nodes.values());
            NodeState node = all.get(random.nextInt(all.size()));
            NodeState to = all.get(random.nextInt(all.size()));
            boolean root = node.parent() == null;
            return switch (random.nextInt(8)) {
                case 0 -> mkdir(device, to.node(), "n" + random.nextInt(3));
                case 1 -> create(device, to.node(), "n" + random.nextInt(3));
                case 2 -> put(device, node);
                case 3, 4 ->
                        root
                                ? mkdir(device, node.node(), "top")
                                : device.move(node, to.node(), "n" + random.nextInt(3));
                case 5 -> trash(device, node);
                case 6 -> restore(device, node);
                default -> new Op.Purge(device.next(), node.node());
            };
        }

        private void race(Ask... asks) {
            int seen = model.log.size();
            List<Contender> contenders = new ArrayList<>();
            for (int i = 0; i < asks.length; i++) {
                contenders.add(new Contender(i, asks[i].of(devices.get(i))));
            }
            List<Callable<OpResult>> calls = new ArrayList<>();
            for (Contender contender : contenders) {
                calls.add(() -> devices.get(contender.device()).one(contender.op()));
            }
            List<OpResult> results = PromisesTest.together(calls);
            Map<NodeId, NodeState> state = new HashMap<>();
            for (ChangeEntry entry : one().read(null, 500).entries()) {
                state.put(entry.node().node(), entry.node());
            }
            model = explain(contenders, results, state, seen);
        }

        private ModelTree explain(
                List<Contender> contenders,
                List<OpResult> results,
                Map<NodeId, NodeState> state,
                int seen) {
            for (List<Integer> order : orders(contenders.size())) {
                ModelTree tree = copy(model);
                boolean fits = true;
                for (int at : order) {
                    Contender contender = contenders.get(at);
                    ModelTree.Expected expected =
                            applied(tree, contender.device(), contender.op(), seen);
                    fits &= same(contender.op(), results.get(at), expected);
                }
                Map<NodeId, NodeState> nodes = new HashMap<>(tree.nodes);
                nodes.remove(tree.root);
                if (fits && nodes.equals(state)) {
                    return tree;
                }
            }
            StringBuilder what = new StringBuilder("no serial order explains round " + round);
            for (int i = 0; i < results.size(); i++) {
                what.append("\n").append(contenders.get(i).op());
                what.append("\n  -> ").append(results.get(i));
            }
            throw new AssertionError(what.toString());
        }

        private static boolean same(Op op, OpResult result, ModelTree.Expected expected) {
            return Objects.equals(result.code(), expected.code())
                    && (expected.code() != null
                            || op instanceof Op.Purge
                            || Objects.equals(result.node(), expected.node()));
        }
    }

    private static List<List<Integer>> orders(int count) {
        if (count == 0) {
            return List.of(List.of());
        }
        List<List<Integer>> all = new ArrayList<>();
        for (List<Integer> shorter : orders(count - 1)) {
            for (int at = 0; at < count; at++) {
                List<Integer> order = new ArrayList<>(shorter);
                order.add(at, count - 1);
                all.add(order);
            }
        }
        Collections.shuffle(all, new Random(1));
        return all;
    }

    private static ModelTree copy(ModelTree tree) {
        ModelTree copy = new ModelTree(Objects.requireNonNull(tree.nodes.get(tree.root)), TODAY);
        copy.nodes.putAll(tree.nodes);
        copy.log.addAll(tree.log);
        tree.versions.forEach((node, kept) -> copy.versions.put(node, new TreeMap<>(kept)));
        copy.purged.putAll(tree.purged);
        return copy;
    }

    /** A device that is revoked while it puts: its put is there, or it was told that it is out. */
    @Test
    void aPutAgainstItsDevicesRevocation() {
        try (TestCell cell = new TestCell(42)) {
            TestDevice ada = cell.account("ada");
            for (int i = 0; i < 8; i++) {
                TestDevice phone = ada.sibling("phone" + i);
                NodeState file = ada.file(ada.root, "f" + i, "one");
                Op put = phone.put(file.node(), 1, "two " + i);
                List<Boolean> done =
                        PromisesTest.together(
                                List.of(
                                        () -> isDone(cell, phone, put),
                                        () -> {
                                            ok(
                                                    cell.store
                                                            .accounts()
                                                            .revoke(
                                                                    ada.caller,
                                                                    phone.registered.device()));
                                            return true;
                                        }));
                assertThat(ada.stat(file.node()).contentRev()).isEqualTo(done.getFirst() ? 2 : 1);
                assertThat(isDone(cell, phone, put)).as("it is out for good").isFalse();
            }
        }
    }

    private static boolean isDone(TestCell cell, TestDevice device, Op op) {
        Answer<OpResults> answer =
                cell.store.nodes().apply(device.caller, device.ns, new OpBatch(0, List.of(op)));
        return switch (answer) {
            case Answer.Ok<OpResults>(var results) -> results.results().getFirst().done();
            case Answer.Refused<OpResults>(var refusal) -> {
                assertThat(refusal.code()).isEqualTo(ProblemCode.NOT_SIGNED_IN);
                yield false;
            }
        };
    }

    /** An old version that is due comes back with its content, or is gone: never half. */
    @Test
    void aRestoredVersionAgainstTheRetentionOfTheOriginal() {
        try (TestCell cell = new TestCell(43)) {
            TestDevice ada = cell.account("ada");
            for (int i = 0; i < 8; i++) {
                NodeState file = ada.file(ada.root, "f" + i, "one " + i);
                ada.done(ada.put(file.node(), 1, "two " + i));
                cell.pass(Duration.ofDays(100));
                Op restore = new Op.RestoreVersion(ada.next(), file.node(), 1, 2);
                List<@Nullable ProblemCode> codes =
                        PromisesTest.together(
                                List.of(
                                        () -> ada.code(restore),
                                        () -> {
                                            cell.store.upkeep().retain(10);
                                            return null;
                                        }));
                NodeState now = ada.stat(file.node());
                if (codes.getFirst() == null) {
                    assertThat(now.contentHash()).isEqualTo(file.contentHash());
                } else {
                    assertThat(codes.getFirst()).isEqualTo(ProblemCode.NOT_FOUND);
                    assertThat(now.contentRev()).isEqualTo(2);
                }
                assertThat(
                                ok(cell.store
                                                .nodes()
                                                .manifest(
                                                        ada.caller,
                                                        ada.ns,
                                                        file.node(),
                                                        null,
                                                        0,
                                                        10))
                                        .chunks())
                        .hasSize(1);
            }
        }
    }
}
