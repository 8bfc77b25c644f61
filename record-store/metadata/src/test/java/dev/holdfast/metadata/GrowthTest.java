package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static org.assertj.core.api.Assertions.assertThat;

import com.apple.foundationdb.record.provider.foundationdb.FDBStoreTimer;
import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpResult;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Operations cost the same in a folder of ten thousand as in one of a hundred. */
class GrowthTest {
    private static final int SMALL = 100;
    private static final int LARGE = 10_000;
    private static final int BATCH = 128;

    @Test
    void readsAndWritesAreFlatFromAHundredToTenThousandNodes() {
        try (TestCell cell = new TestCell(77)) {
            TestDevice ada = cell.account("ada");
            NodeState folder = ada.folder(ada.root, "many");
            NodeState target = ada.folder(ada.root, "target");
            fill(ada, folder, 0, SMALL);
            List<String> small = costs(cell, ada, folder, target, "small");
            fill(ada, folder, SMALL, LARGE);
            assertThat(costs(cell, ada, folder, target, "large")).isEqualTo(small);
        }
    }

    private static void fill(TestDevice ada, NodeState folder, int from, int to) {
        for (int i = from; i < to; i += BATCH) {
            List<Op> ops = new ArrayList<>();
            for (int k = i; k < Math.min(to, i + BATCH); k++) {
                ops.add(
                        new Op.CreateFolder(
                                ada.next(), ada.newNode(), folder.node(), "n%05d".formatted(k)));
            }
            assertThat(ada.apply(ops.toArray(Op[]::new))).allMatch(OpResult::done);
        }
    }

    private static List<String> costs(
            TestCell cell, TestDevice ada, NodeState folder, NodeState target, String name) {
        List<String> costs = new ArrayList<>();
        ada.head();
        Op.CreateFile create =
                ada.createFile(
                        ada.newNode(), folder.node(), name, ada.content(name), OnConflict.REJECT);
        measure(cell, costs, "create", () -> ada.done(create));
        Op put = ada.put(create.node(), 1, name + " again");
        measure(cell, costs, "put", () -> ada.done(put));
        Op move = ada.move(ada.stat(create.node()), target.node(), name);
        measure(cell, costs, "move", () -> ada.done(move));
        Op folderMove = ada.move(ada.stat(folder.node()), target.node(), "many");
        measure(cell, costs, "move of the folder", () -> ada.done(folderMove));
        Op back = ada.move(ada.stat(folder.node()), ada.root, "many");
        ada.done(back);
        measure(
                cell,
                costs,
                "list",
                () -> ok(cell.store.nodes().children(ada.caller, ada.ns, folder.node(), null, 50)));
        String head = ada.head();
        ada.folder(ada.root, name);
        measure(cell, costs, "changes", () -> ada.read(head, 50));
        return costs;
    }

    private static void measure(TestCell cell, List<String> costs, String what, Runnable body) {
        cell.timer.reset();
        body.run();
        costs.add(
                what
                        + " "
                        + cell.timer.getCount(FDBStoreTimer.Counts.READS)
                        + " "
                        + cell.timer.getCount(FDBStoreTimer.Counts.WRITES)
                        + " "
                        + cell.timer.getCount(FDBStoreTimer.Events.COMMIT));
    }
}
