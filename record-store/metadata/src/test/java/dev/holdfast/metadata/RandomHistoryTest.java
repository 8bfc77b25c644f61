package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.embeddedfdb.engine.Faults;
import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.metadata.TestCell.Read;
import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.ContentHash;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Limits;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.ChangeKind;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeList;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResult;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random histories of all operations by three devices against {@link ModelTree}, with commits that
 * are refused and commits whose outcome is unknown: results, tree, feed and quota agree after every
 * batch.
 */
class RandomHistoryTest {
    private static final int SEEDS = Integer.getInteger("holdfast.history.seeds", 6);
    private static final int BATCHES = 60;
    private static final String[] NAMES = {
        "a", "b", "B", "caf\u00e9", "cafe\u0301", "long name.txt", "x.tar.gz", "bad/name", ""
    };

    @Test
    void everyHistoryAgreesWithTheModel() {
        Seeds.each("RandomHistoryTest", SEEDS, seed -> new History(seed).run());
    }

    /** One in eight commits is refused, one in eight is committed and reported as unknown. */
    private static Supplier<Faults.@Nullable Fault> faults(Random random, AtomicBoolean on) {
        return () -> on.get() ? fault(random) : null;
    }

    static Faults.@Nullable Fault fault(Random random) {
        return switch (random.nextInt(8)) {
            case 0 -> new Faults.Fault(Faults.Fate.REFUSE, FdbError.NOT_COMMITTED, 0);
            case 1 -> new Faults.Fault(Faults.Fate.COMMIT, FdbError.COMMIT_UNKNOWN_RESULT, 0);
            default -> null;
        };
    }

    private static final class History {
        private final Random random;
        private final TestCell cell;
        private final AtomicBoolean faulty = new AtomicBoolean();
        private final List<TestDevice> devices = new ArrayList<>();
        private final List<String> deviceNames = List.of("laptop", "phone", "tower");
        private final Map<TestDevice, String> cursors = new HashMap<>();
        private final Map<TestDevice, Integer> seen = new HashMap<>();
        private final Map<ContentId, ModelTree.Content> contents = new HashMap<>();
        private final List<NodeId> known = new ArrayList<>();
        private final ModelTree model;
        private final List<String> log = new ArrayList<>();
        private final String start;

        History(long seed) {
            random = new Random(seed);
            cell = new TestCell(seed, TestDatabase.open(faults(new Random(~seed), faulty)));
            TestDevice first = cell.account("ada");
            devices.add(first);
            devices.add(first.sibling("phone"));
            devices.add(first.sibling("tower"));
            model = new ModelTree(first.stat(first.root), LocalDate.of(2026, 3, 1));
            known.add(first.root);
            start = first.head();
            devices.forEach(this::catchUp);
            faulty.set(true);
        }

        void run() {
            try (cell) {
                for (int batch = 0; batch < BATCHES; batch++) {
                    TestDevice device = devices.get(random.nextInt(devices.size()));
                    batch(device, 1 + random.nextInt(12));
                    if (random.nextInt(3) == 0) {
                        catchUp(devices.get(random.nextInt(devices.size())));
                    }
                    check(device);
                }
            }
        }

        private void catchUp(TestDevice device) {
            cursors.put(device, device.head());
            seen.put(device, model.log.size());
        }

        private void batch(TestDevice device, int count) {
            List<Op> ops = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                ops.add(op(device));
            }
            OpBatch batch = new OpBatch(0, ops);
            List<OpResult> results =
                    ok(cell.store.nodes().apply(device.caller, device.ns, batch)).results();
            Set<NodeId> failed = new HashSet<>();
            log.clear();
            for (int i = 0; i < count; i++) {
                log.add(ops.get(i) + "\n   -> " + results.get(i));
                compare(device, ops.get(i), results.get(i), failed);
            }
            if (random.nextInt(3) == 0) {
                assertReplayed(device, batch, results);
            }
        }

        private void compare(TestDevice device, Op op, OpResult result, Set<NodeId> failed) {
            if (OpExecutor.named(op).stream().anyMatch(failed::contains)) {
                assertThat(result.code())
                        .as(op + " " + result)
                        .isEqualTo(dev.holdfast.model.ProblemCode.DEPENDENCY_FAILED);
                made(op, failed);
                return;
            }
            ModelTree.Content content =
                    switch (op) {
                        case Op.CreateFile create -> contents.get(create.content());
                        case Op.PutContent put -> contents.get(put.content());
                        default -> null;
                    };
            ModelTree.Expected expected =
                    model.apply(
                            device.registered.device(),
                            deviceNames.get(devices.indexOf(device)),
                            op,
                            content,
                            Objects.requireNonNull(seen.get(device)));
            assertThat(result.code()).as(String.join("\n", log)).isEqualTo(expected.code());
            if (expected.code() != null) {
                made(op, failed);
            } else if (!(op instanceof Op.Purge)) {
                assertThat(result.node()).as(op.toString()).isEqualTo(expected.node());
            }
        }

        private static void made(Op op, Set<NodeId> failed) {
            switch (op) {
                case Op.CreateFolder create -> failed.add(create.node());
                case Op.CreateFile create -> failed.add(create.node());
                case Op.CreateSymlink create -> failed.add(create.node());
                case Op.PutContent put -> {
                    if (put.conflictNode() != null) {
                        failed.add(put.conflictNode());
                    }
                }
                default -> {}
            }
        }

        /** Executed once: what was done answers as before, and nothing moves. */
        private void assertReplayed(TestDevice device, OpBatch batch, List<OpResult> results) {
            String before = device.head();
            List<Op> done = new ArrayList<>();
            List<OpResult> expected = new ArrayList<>();
            for (int i = 0; i < results.size(); i++) {
                if (results.get(i).done()) {
                    done.add(batch.ops().get(i));
                    expected.add(results.get(i));
                }
            }
            if (!done.isEmpty()) {
                List<OpResult> again =
                        ok(cell.store.nodes().apply(device.caller, device.ns, new OpBatch(0, done)))
                                .results();
                for (int i = 0; i < done.size(); i++) {
                    assertThat(again.get(i).code()).isNull();
                    NodeState first = expected.get(i).node();
                    NodeState second = again.get(i).node();
                    if (first != null && second != null) {
                        assertThat(second.node()).isEqualTo(first.node());
                    }
                }
                assertThat(device.read(before, 1000).entries()).isEmpty();
            }
        }

        private Op op(TestDevice device) {
            long sequence = device.next();
            NodeId node = pick();
            NodeState state = model.nodes.get(node);
            NodeId parent = random.nextInt(3) == 0 ? device.root : pick();
            String name = NAMES[random.nextInt(NAMES.length)];
            OnConflict conflict = random.nextBoolean() ? OnConflict.REJECT : OnConflict.KEEP_BOTH;
            long base = state == null ? 1 : state.contentRev() - (random.nextInt(6) == 0 ? 1 : 0);
            return switch (random.nextInt(15)) {
                case 0, 1, 2 -> new Op.CreateFolder(sequence, fresh(), parent, name);
                case 3, 4, 5 ->
                        new Op.CreateFile(
                                sequence,
                                fresh(),
                                parent,
                                name,
                                content(device, sequence),
                                sequence,
                                sequence % 2 == 0,
                                conflict);
                case 6 ->
                        new Op.CreateSymlink(
                                sequence, fresh(), parent, name, "to/" + sequence, conflict);
                case 7 ->
                        new Op.PutContent(
                                sequence,
                                node,
                                base,
                                content(device, sequence),
                                sequence,
                                sequence % 2 == 0,
                                conflict,
                                random.nextInt(8) == 0 ? null : fresh());
                case 8 -> new Op.PutSymlink(sequence, node, base, "again/" + sequence);
                case 9, 10 -> {
                    NodeId from = state == null ? null : state.parent();
                    boolean stale = random.nextInt(8) == 0;
                    yield new Op.Move(
                            sequence,
                            node,
                            stale || from == null ? device.root : from,
                            stale || state == null ? "other" : state.name(),
                            parent,
                            name,
                            conflict);
                }
                case 11 -> new Op.SetAttributes(sequence, node, random.nextInt(3), false);
                case 12 ->
                        state != null && state.kind() == NodeKind.FOLDER
                                ? new Op.Trash(sequence, node, null, cursors.get(device))
                                : new Op.Trash(sequence, node, base, null);
                case 13 ->
                        random.nextBoolean()
                                ? new Op.Restore(
                                        sequence, node, random.nextBoolean() ? parent : null, null)
                                : new Op.RestoreVersion(
                                        sequence,
                                        node,
                                        Math.max(0, base - random.nextInt(3)),
                                        base);
                default ->
                        random.nextInt(3) == 0
                                ? new Op.Purge(sequence, node)
                                : new Op.Restore(sequence, node, null, null);
            };
        }

        private NodeId pick() {
            return known.get(random.nextInt(known.size()));
        }

        private NodeId fresh() {
            NodeId node = random.nextInt(30) == 0 ? pick() : NodeId.random(random);
            known.add(node);
            return node;
        }

        private ContentId content(TestDevice device, long sequence) {
            String[] chunks = new String[random.nextInt(3)];
            List<ChunkRef> list = new ArrayList<>();
            for (int i = 0; i < chunks.length; i++) {
                chunks[i] = "chunk " + random.nextInt(40);
                list.add(TestCell.chunk(chunks[i]));
            }
            ContentId content = device.content(chunks);
            contents.put(
                    content,
                    new ModelTree.Content(
                            list.stream().mapToLong(ChunkRef::length).sum(),
                            list.size(),
                            ContentHash.of(list),
                            sequence,
                            sequence % 2 == 0,
                            null));
            return content;
        }

        private void check(TestDevice device) {
            Map<NodeId, NodeState> state = new HashMap<>();
            for (ChangeEntry entry : device.read(null, 1 + random.nextInt(40)).entries()) {
                assertThat(entry.kind()).isEqualTo(ChangeKind.STATE);
                state.put(entry.node().node(), entry.node());
            }
            Map<NodeId, NodeState> expected = new HashMap<>(model.nodes);
            expected.remove(model.root);
            assertThat(state).isEqualTo(expected);
            assertThat(replay(device)).isEqualTo(expected);
            NodeId folder = pick();
            NodeState node = model.nodes.get(folder);
            if (node != null && node.kind() == NodeKind.FOLDER && model.live(folder)) {
                checkChildren(device, folder);
            }
            assertThat(ok(cell.store.namespaces().get(device.caller, device.ns)).usedBytes())
                    .isGreaterThanOrEqualTo(
                            model.nodes.values().stream().mapToLong(NodeState::size).sum());
        }

        /** The changes since the beginning, applied one after the other, give the state. */
        private Map<NodeId, NodeState> replay(TestDevice device) {
            Map<NodeId, NodeState> nodes = new HashMap<>();
            Read read = device.read(start, 1 + random.nextInt(20));
            for (ChangeEntry entry : read.entries()) {
                NodeState before = nodes.get(entry.node().node());
                if (entry.kind() == ChangeKind.PURGED) {
                    drop(nodes, entry.node().node());
                } else {
                    assertThat(entry.node().rev())
                            .as("each change of a node is there, once")
                            .isEqualTo(before == null ? 1 : before.rev() + 1);
                    nodes.put(entry.node().node(), entry.node());
                }
            }
            return nodes;
        }

        private static void drop(Map<NodeId, NodeState> nodes, NodeId node) {
            nodes.remove(node);
            for (NodeState child : List.copyOf(nodes.values())) {
                if (node.equals(child.parent()) && !child.trashed()) {
                    drop(nodes, child.node());
                }
            }
        }

        private void checkChildren(TestDevice device, NodeId folder) {
            List<NodeState> children = new ArrayList<>();
            @Nullable String after = null;
            do {
                NodeList page =
                        ok(
                                cell.store
                                        .nodes()
                                        .children(
                                                device.caller,
                                                device.ns,
                                                folder,
                                                after,
                                                1 + random.nextInt(Limits.PAGE_ENTRIES_MAX)));
                children.addAll(page.nodes());
                after = page.next();
            } while (after != null);
            assertThat(children)
                    .containsExactlyInAnyOrderElementsOf(
                            model.nodes.values().stream()
                                    .filter(n -> folder.equals(n.parent()) && !n.trashed())
                                    .toList());
        }
    }
}
