package dev.holdfast.sync.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Id128;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.plan.Action;
import dev.holdfast.sync.plan.Plan;
import dev.holdfast.sync.store.SqliteStore;
import dev.holdfast.sync.tree.SyncedNode;
import dev.holdfast.sync.tree.TreeChanges;
import dev.holdfast.sync.tree.Trees;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrakeTest {
    @TempDir Path folder;

    private final Trees trees = new Trees(node(0));
    private @Nullable SqliteStore opened;
    private long nowMillis = 10_000_000;

    private static NodeId node(long number) {
        return new NodeId(new Id128(7, number));
    }

    private SqliteStore store() {
        return Objects.requireNonNull(opened);
    }

    @BeforeEach
    void tree() {
        opened = SqliteStore.open(folder.resolve("state.db"));
        for (int i = 1; i <= 1_200; i++) {
            trees.putSynced(
                    new SyncedNode(
                            node(i), node(0), "f" + i, NodeKind.FILE, 1, null, 0, false, null));
        }
    }

    @AfterEach
    void close() {
        store().close();
    }

    private Brake brake(@Nullable Integer limit) {
        return new Brake(store(), trees, () -> Instant.ofEpochMilli(nowMillis), limit);
    }

    private static Plan deleting(int files) {
        List<Action.LocalStep> steps = new ArrayList<>();
        for (int i = 1; i <= files; i++) {
            steps.add(new Action.RemoveFile(node(i)));
        }
        return new Plan(List.of(), List.of(), List.of(), List.of(), steps, List.of(), Map.of());
    }

    private void confirm() {
        store().write(new TreeChanges(), Map.of(Brake.CONFIRMED, Optional.of("1")));
    }

    private static int let(Brake brake, int files) {
        return Brake.files(brake.hold(deleting(files)));
    }

    @Test
    void halfOfTheFilesMayGoAndNotOneMore() {
        assertThat(let(brake(null), 600)).isEqualTo(600);
        assertThat(let(brake(null), 601)).isZero();
    }

    @Test
    void whatWentInTheLastHourCountsAndAnAttemptDoesNot() {
        Brake brake = brake(null);
        for (int attempt = 0; attempt < 5; attempt++) {
            assertThat(let(brake, 400)).isEqualTo(400);
        }
        brake.count(400);
        assertThat(let(brake, 500)).isZero();
        // Another process, an hour later.
        assertThat(let(brake(null), 500)).isZero();
        nowMillis += 3_600_001;
        assertThat(let(brake(null), 500)).isEqualTo(500);
    }

    @Test
    void aClockSetBackCountsNothingTwice() {
        Brake brake = brake(null);
        brake.count(500);
        nowMillis -= 1_000_000;
        assertThat(let(brake, 500)).isEqualTo(500);
    }

    @Test
    void aConfirmationLastsUntilAllOfItIsCarriedOut() {
        Brake brake = brake(null);
        assertThat(let(brake, 1_100)).isZero();
        confirm();
        assertThat(let(brake, 1_100)).isEqualTo(1_100);
        brake.count(100);
        // The process dies in the middle and starts again.
        Brake again = brake(null);
        assertThat(let(again, 1_000)).isEqualTo(1_000);
        again.count(1_000);
        assertThat(let(again, 700)).as("the next one is asked about again").isZero();
    }

    @Test
    void whatWasConfirmedOnAnotherDeviceIsNotAskedAboutHere() {
        Brake brake = brake(null);
        brake.confirmedElsewhere(1_000);
        store().write(new TreeChanges(), brake.settings());
        // The process dies before the plan and starts again.
        Brake again = brake(null);
        assertThat(let(again, 1_000)).isEqualTo(1_000);
        assertThat(again.confirmedHere()).as("nobody was asked here").isFalse();
        again.count(400);
        assertThat(let(brake(null), 600 + 601)).as("601 of its own").isZero();
        assertThat(let(brake(null), 600 + 600)).isEqualTo(1_200);
        again.count(600);
        assertThat(let(again, 601)).as("that was all").isZero();
    }

    @Test
    void aConfirmationIsForWhatWasShownAndNotForMore() {
        Brake brake = brake(null);
        confirm();
        assertThat(let(brake, 700)).isEqualTo(700);
        assertThat(let(brake, 1_100)).isZero();
        assertThat(let(brake, 0)).isZero();
        assertThat(let(brake, 700)).as("done with, so it ended").isZero();
    }

    @Test
    void anotherLimitCanBeAskedForAndNone() {
        assertThat(let(brake(3), 3)).isEqualTo(3);
        assertThat(let(brake(3), 4)).isZero();
        assertThat(let(brake(Integer.MAX_VALUE), 1_200)).isEqualTo(1_200);
    }
}
