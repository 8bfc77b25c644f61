package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.NamespaceCreation;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResults;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Two devices send random requests at the same time, each in its own order: operations on folders,
 * and whole files put under the same names. What they were answered and the tree they leave are
 * what some serial order of the same requests gives: every such order is tried, in a namespace of
 * its own. Replay a run with -Dholdfast.seed=N.
 */
class TwoDevicesTest {
    private static final int ROUNDS = Boolean.getBoolean("holdfast.soak") ? 200 : 3;
    private static final int OPS_EACH = 3;
    private static final int NODES = 4;

    private final long seed = Long.getLong("holdfast.seed", 20_261_122L);
    private final Random random = new Random(seed);
    private final TestServer server = new TestServer();
    private TestDevice a = server.account("ada");
    private TestDevice b = server.another("ada");

    /**
     * A request without its number, so that it can be sent in many namespaces.
     *
     * @param bytes what a file is to hold, where one is put
     */
    private record Plan(int kind, int node, int parent, int name, byte bytes) {
        private static final int OPERATIONS = 5;
        private static final int CREATE = OPERATIONS;
        private static final int KINDS = OPERATIONS + 2;

        boolean isFile() {
            return kind >= OPERATIONS;
        }

        /** Creates a file in the root, or replaces whatever version there is. */
        String send(TestDevice device, NamespaceId ns) {
            int status =
                    device.client()
                            .bytes(
                                    "PUT",
                                    "/v1/namespaces/"
                                            + ns
                                            + "/files/by-path?mtime_nanos=1&path=/n"
                                            + name,
                                    new byte[] {bytes},
                                    kind == CREATE ? "If-None-Match" : "If-Match",
                                    "*")
                            .status();
            assertThat(status).isLessThan(500);
            return this + "=" + (status < 300 ? "done" : "refused");
        }

        Op op(long sequence, NamespaceId ns) {
            NodeId id = nodeId(node);
            NodeId to = parent == 0 ? NodeId.rootOf(ns) : nodeId(parent);
            String text = "n" + name;
            return switch (kind) {
                case 0 -> new Op.CreateFolder(sequence, id, to, text);
                case 1 ->
                        new Op.Move(
                                sequence,
                                id,
                                NodeId.rootOf(ns),
                                "n" + node,
                                to,
                                text,
                                OnConflict.REJECT);
                case 2 -> new Op.Restore(sequence, id, to, text);
                case 3 -> new Op.Purge(sequence, id);
                default -> new Op.Trash(sequence, id, null, null);
            };
        }
    }

    private static NodeId nodeId(int number) {
        return new NodeId(new Id128(77, number));
    }

    private Plan plan() {
        return new Plan(
                random.nextInt(Plan.KINDS),
                1 + random.nextInt(NODES),
                random.nextInt(NODES + 1),
                1 + random.nextInt(NODES),
                (byte) random.nextInt());
    }

    private List<Plan> plans() {
        List<Plan> plans = new ArrayList<>();
        for (int i = 0; i < OPS_EACH; i++) {
            plans.add(plan());
        }
        return plans;
    }

    /** A new namespace with two folders in it. */
    private NamespaceId namespace() {
        NamespaceId ns = new NamespaceId(Id128.random(random));
        a.client().post("/v1/namespaces", new NamespaceCreation(ns, "round")).expect(201);
        send(a, ns, new Plan(0, 1, 0, 1, (byte) 0));
        send(a, ns, new Plan(0, 2, 0, 2, (byte) 0));
        return ns;
    }

    private static String send(TestDevice device, NamespaceId ns, Plan plan) {
        if (plan.isFile()) {
            return plan.send(device, ns);
        }
        var result =
                device.client()
                        .post(
                                "/v1/namespaces/" + ns + "/ops",
                                new OpBatch(1, List.of(plan.op(device.nextSequence(), ns))))
                        .expect(200)
                        .as(OpResults.class)
                        .results()
                        .getFirst();
        return plan + "=" + (result.code() == null ? "done" : result.code().toString());
    }

    /** What is in a namespace, and it is gone afterwards. */
    private String outcome(NamespaceId ns, List<String> first, List<String> second) {
        Set<String> nodes = new TreeSet<>();
        ChangesPage page =
                a.client()
                        .get("/v1/namespaces/" + ns + "/changes")
                        .expect(200)
                        .as(ChangesPage.class);
        assertThat(page.hasMore()).isFalse();
        page.entries().forEach(entry -> nodes.add(text(entry.node(), ns)));
        a.client().delete("/v1/namespaces/" + ns).expect(204);
        return first + " | " + second + " | " + nodes;
    }

    private static String text(NodeState node, NamespaceId ns) {
        boolean root = NodeId.rootOf(ns).equals(node.node());
        boolean top = NodeId.rootOf(ns).equals(node.parent());
        boolean file = node.kind() == NodeKind.FILE;
        return (root ? "root" : file ? "a file" : node.node().toString())
                + " in "
                + (top ? "root" : String.valueOf(node.parent()))
                + " as "
                + node.name()
                + (node.trashed() ? " trashed" : "")
                + (file ? " version " + node.contentRev() + " " + node.contentHash() : "");
    }

    private String together(List<Plan> first, List<Plan> second) throws Exception {
        NamespaceId ns = namespace();
        CountDownLatch start = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<List<String>> one = threads.submit(() -> run(a, ns, first, start));
            Future<List<String>> two = threads.submit(() -> run(b, ns, second, start));
            start.countDown();
            return outcome(ns, one.get(), two.get());
        }
    }

    private static List<String> run(
            TestDevice device, NamespaceId ns, List<Plan> plans, CountDownLatch start)
            throws InterruptedException {
        start.await();
        return plans.stream().map(plan -> send(device, ns, plan)).toList();
    }

    /** One serial order: bit i of the mask says whose turn the i-th operation is. */
    private String serial(List<Plan> first, List<Plan> second, int mask) {
        NamespaceId ns = namespace();
        List<String> one = new ArrayList<>();
        List<String> two = new ArrayList<>();
        for (int i = 0; i < first.size() + second.size(); i++) {
            if (((mask >> i) & 1) == 0) {
                one.add(send(a, ns, first.get(one.size())));
            } else {
                two.add(send(b, ns, second.get(two.size())));
            }
        }
        return outcome(ns, one, two);
    }

    @Test
    void whatTwoDevicesDoAtOnceSomeSerialOrderExplains() throws Exception {
        try (server) {
            for (int round = 0; round < ROUNDS; round++) {
                // An account owns a bounded number of namespaces, dropped ones included for a
                // while.
                a = server.account("ada-" + round);
                b = server.another("ada-" + round);
                List<Plan> first = plans();
                List<Plan> second = plans();
                String seen = together(first, second);
                Set<String> explained = new HashSet<>();
                for (int mask = 0; mask < (1 << (2 * OPS_EACH)); mask++) {
                    if (Integer.bitCount(mask) == OPS_EACH) {
                        explained.add(serial(first, second, mask));
                    }
                }
                assertThat(explained).as("seed " + seed + ", round " + round).contains(seen);
            }
        }
    }
}
