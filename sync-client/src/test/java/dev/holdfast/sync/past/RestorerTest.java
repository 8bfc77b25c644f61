package dev.holdfast.sync.past;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.DeviceId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeList;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResult;
import dev.holdfast.model.wire.OpResults;
import dev.holdfast.model.wire.VersionList;
import dev.holdfast.sync.server.PastServer;
import dev.holdfast.sync.server.RefusedException;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RestorerTest {
    private static final NamespaceId NAMESPACE = new NamespaceId(new Id128(1, 1));
    private static final NodeId ROOT = NodeId.rootOf(NAMESPACE);
    private static final Restorer.Which LAST = new Restorer.Which.Last();

    /** A server of few words: nodes, a trash, and versions 1 to 3 of every file. */
    private static final class FakeServer implements PastServer {
        final Map<NodeId, NodeState> nodes = new LinkedHashMap<>();
        final List<Op> carriedOut = new ArrayList<>();
        int answersToLose;
        long floor;

        NodeState put(long number, NodeId parent, String name, NodeKind kind, boolean trashed) {
            NodeState state =
                    new NodeState(
                            new NodeId(new Id128(2, number)),
                            parent,
                            name,
                            kind,
                            1,
                            kind == NodeKind.FOLDER ? 0 : 3,
                            5,
                            1,
                            new Sha256(1, 2, 3, number),
                            0,
                            false,
                            null,
                            trashed,
                            null,
                            null);
            nodes.put(state.node(), state);
            return state;
        }

        private boolean live(@Nullable NodeId node) {
            NodeState at = nodes.get(node);
            return ROOT.equals(node) || (at != null && !at.trashed() && live(at.parent()));
        }

        @Override
        public NodeState byPath(NamespaceId namespace, String path) throws IOException {
            NodeId at = ROOT;
            NodeState found = null;
            for (String name : path.split("/", -1)) {
                NodeId in = at;
                found =
                        nodes.values().stream()
                                .filter(n -> in.equals(n.parent()) && n.name().equals(name))
                                .filter(n -> !n.trashed())
                                .findFirst()
                                .orElseThrow(() ->
                                        new RefusedException(ProblemCode.NOT_FOUND, "nothing"));
                at = found.node();
            }
            return java.util.Objects.requireNonNull(found);
        }

        @Override
        public NodeState node(NamespaceId namespace, NodeId node) throws IOException {
            NodeState found = nodes.get(node);
            if (found == null || !live(node)) {
                throw new RefusedException(ProblemCode.GONE, "in the trash");
            }
            return found;
        }

        @Override
        public NodeList trash(NamespaceId namespace, @Nullable String after) {
            return new NodeList(nodes.values().stream().filter(NodeState::trashed).toList(), null);
        }

        @Override
        public VersionList versions(NamespaceId namespace, NodeId node) {
            List<VersionList.Entry> entries = new ArrayList<>();
            for (long rev = 3; rev >= 1; rev--) {
                DeviceId device = null;
                entries.add(
                        new VersionList.Entry(
                                rev, 5, 1, new Sha256(0, 0, 0, rev), 0, rev * 1_000, device));
            }
            return new VersionList(entries);
        }

        @Override
        public OpResults apply(NamespaceId namespace, OpBatch batch) throws IOException {
            Op op = batch.ops().getFirst();
            OpResult result =
                    op.sequence() < floor
                            ? refused(op, ProblemCode.OP_EXPIRED)
                            : carriedOut.stream().anyMatch(o -> o.sequence() == op.sequence())
                                    ? result(op)
                                    : run(op);
            if (answersToLose > 0) {
                answersToLose--;
                throw new IOException("lost");
            }
            return new OpResults(List.of(result));
        }

        private OpResult run(Op op) {
            if (op instanceof Op.Restore restore) {
                NodeState old = java.util.Objects.requireNonNull(nodes.get(restore.node()));
                NodeId parent = restore.parent() == null ? old.parent() : restore.parent();
                if (!live(parent)) {
                    return refused(op, ProblemCode.GONE);
                }
                boolean taken =
                        nodes.values().stream()
                                .anyMatch(n ->
                                        !n.trashed()
                                                && n.name().equals(old.name())
                                                && java.util.Objects.equals(parent, n.parent()));
                String name = taken ? old.name() + " (beside)" : old.name();
                put(
                        old.node().id().low(),
                        java.util.Objects.requireNonNull(parent),
                        name,
                        old.kind(),
                        false);
            } else if (op instanceof Op.CreateFolder make) {
                nodes.put(make.node(), folder(make));
            }
            carriedOut.add(op);
            return result(op);
        }

        private static NodeState folder(Op.CreateFolder make) {
            return new NodeState(
                    make.node(),
                    make.parent(),
                    make.name(),
                    NodeKind.FOLDER,
                    1,
                    0,
                    0,
                    0,
                    null,
                    0,
                    false,
                    null,
                    false,
                    null,
                    null);
        }

        private OpResult result(Op op) {
            NodeId node = null;
            if (op instanceof Op.Restore restore) {
                node = restore.node();
            } else if (op instanceof Op.RestoreVersion restore) {
                node = restore.node();
            } else if (op instanceof Op.CreateFolder make) {
                node = make.node();
            }
            return new OpResult(op.sequence(), null, null, nodes.get(node));
        }

        private static OpResult refused(Op op, ProblemCode code) {
            return new OpResult(op.sequence(), code, "no", null);
        }
    }

    private final FakeServer server = new FakeServer();
    private long sequence = 100;
    private final Restorer restorer =
            new Restorer(
                    server,
                    NAMESPACE,
                    new Restorer.Sequences() {
                        @Override
                        public long next() {
                            return sequence++;
                        }

                        @Override
                        public long outstanding() {
                            return 90;
                        }
                    },
                    new SplittableRandom(1));

    @Test
    void aTrashedFileComesBackToItsPlace() throws IOException {
        NodeState folder = server.put(1, ROOT, "a", NodeKind.FOLDER, false);
        server.put(2, folder.node(), "f", NodeKind.FILE, true);
        assertThat(restorer.restore("a/f", LAST).path()).isEqualTo("a/f");
        assertThat(server.byPath(NAMESPACE, "a/f").trashed()).isFalse();
    }

    @Test
    void ofSeveralTheOneThatWasTrashedLastComesBack() throws IOException {
        server.put(1, ROOT, "f", NodeKind.FILE, true);
        NodeState later = server.put(2, ROOT, "f", NodeKind.FILE, true);
        assertThat(restorer.restore("f", LAST).node().node()).isEqualTo(later.node());
    }

    @Test
    void aTakenNameLeadsToANameBesideIt() throws IOException {
        server.put(1, ROOT, "f", NodeKind.FILE, false);
        server.put(2, ROOT, "f", NodeKind.FILE, true);
        assertThat(restorer.restore("f", LAST).path()).isEqualTo("f (beside)");
    }

    @Test
    void foldersThatAreGoneAreMadeAgain() throws IOException {
        NodeState a = server.put(1, ROOT, "a", NodeKind.FOLDER, true);
        NodeState b = server.put(2, a.node(), "b", NodeKind.FOLDER, true);
        server.put(3, b.node(), "f", NodeKind.FILE, true);
        assertThat(restorer.restore("a/b/f", LAST).path()).isEqualTo("a/b/f");
        assertThat(server.byPath(NAMESPACE, "a/b/f").node()).isEqualTo(new NodeId(new Id128(2, 3)));
        assertThat(server.byPath(NAMESPACE, "a").node()).isNotEqualTo(a.node());
    }

    @Test
    void whatWentWithItsFolderIsNamedWithThatFolder() {
        NodeState a = server.put(1, ROOT, "a", NodeKind.FOLDER, true);
        server.put(2, a.node(), "f", NodeKind.FILE, false);
        assertThatThrownBy(() -> restorer.restore("a/f", LAST))
                .isInstanceOf(NothingThereException.class)
                .hasMessageContaining("holdfast sync restore a`");
    }

    @Test
    void versionsAreChosenByNumberAndByTime() throws IOException {
        server.put(1, ROOT, "f", NodeKind.FILE, false);
        assertThat(restorer.restore("f", new Restorer.Which.Numbered(1)).version()).isEqualTo(1);
        assertThat(restorer.restore("f", at(2_999)).version()).isEqualTo(2);
        assertThat(restorer.restore("f", at(9_000)).version()).isEqualTo(3);
        assertThatThrownBy(() -> restorer.restore("f", at(999)))
                .isInstanceOf(NothingThereException.class)
                .hasMessageContaining("the oldest one is of 1970-01-01T00:00:01Z");
        assertThatThrownBy(() -> restorer.restore("f", new Restorer.Which.Numbered(9)))
                .isInstanceOf(NothingThereException.class);
    }

    private static Restorer.Which at(long millis) {
        return new Restorer.Which.At(Instant.ofEpochMilli(millis));
    }

    @Test
    void aVersionOfATrashedFileTakesItOutOfTheTrash() throws IOException {
        server.put(1, ROOT, "f", NodeKind.FILE, true);
        Restorer.Restored done = restorer.restore("f", new Restorer.Which.Numbered(2));
        assertThat(done.fromTrash()).isTrue();
        assertThat(server.carriedOut).hasSize(2);
    }

    @Test
    void aLiveFileWithoutAChoiceIsAQuestion() {
        server.put(1, ROOT, "f", NodeKind.FILE, false);
        assertThatThrownBy(() -> restorer.restore("f", LAST)).hasMessageContaining("--version N");
        assertThat(server.carriedOut).isEmpty();
    }

    @Test
    void aLostAnswerIsAskedForAgainUnderTheSameSequence() throws IOException {
        server.put(1, ROOT, "f", NodeKind.FILE, true);
        server.answersToLose = 2;
        assertThat(restorer.restore("f", LAST).path()).isEqualTo("f");
        assertThat(server.carriedOut).hasSize(1);
    }

    @Test
    void anExpiredSequenceIsReplacedByALaterOne() throws IOException {
        server.put(1, ROOT, "f", NodeKind.FILE, true);
        server.floor = 102;
        assertThat(restorer.restore("f", LAST).path()).isEqualTo("f");
    }
}
