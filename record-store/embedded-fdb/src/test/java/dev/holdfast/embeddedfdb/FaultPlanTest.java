package dev.holdfast.embeddedfdb;

import static org.assertj.core.api.Assertions.assertThat;

import com.apple.foundationdb.MutationType;
import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.embeddedfdb.engine.EngineClock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Failures on demand. */
final class FaultPlanTest {
    private static final byte[] COUNTER = Tuple.from("counter").pack();

    private static List<Integer> outcomes(long seed) {
        List<Integer> outcomes = new ArrayList<>();
        FaultPlan plan = new FaultPlan(seed, 50, 2);
        try (EmbeddedDatabase database =
                EmbeddedFoundationDb.inMemory(EngineClock.system(), plan)) {
            for (int i = 0; i < 100; i++) {
                try (Transaction transaction = database.createTransaction()) {
                    transaction.set(Tuple.from("row", i).pack(), new byte[0]);
                    transaction.commit().join();
                    outcomes.add(0);
                } catch (CompletionException failure) {
                    outcomes.add(Failures.code(failure));
                }
            }
            plan.stop();
            assertUnknownAreHalfCommitted(database, outcomes);
        }
        return outcomes;
    }

    private static void assertUnknownAreHalfCommitted(
            EmbeddedDatabase database, List<Integer> outcomes) {
        List<Integer> rows =
                database.read(transaction ->
                        transaction.getRange(Tuple.from("row").range()).asList().join().stream()
                                .map(row -> (int) Tuple.fromBytes(row.getKey()).getLong(1))
                                .toList());
        int committed = 0;
        int dropped = 0;
        for (int i = 0; i < outcomes.size(); i++) {
            boolean there = rows.contains(i);
            if (outcomes.get(i) == 1021) {
                committed += there ? 1 : 0;
                dropped += there ? 0 : 1;
            } else {
                assertThat(there).isEqualTo(outcomes.get(i) == 0);
            }
        }
        assertThat(committed).isPositive();
        assertThat(dropped).isPositive();
    }

    @Test
    void failsInEveryWayAndTheSameWayForTheSameSeed() {
        List<Integer> first = outcomes(5);
        assertThat(first).contains(0, 1020, 1021, 1007, 1009, 1037);
        assertThat(outcomes(5)).isEqualTo(first);
    }

    @Test
    void answersComeInAnotherOrderThanTheCommits() {
        FaultPlan plan = new FaultPlan(3, 0, 40);
        try (EmbeddedDatabase database =
                EmbeddedFoundationDb.inMemory(EngineClock.system(), plan)) {
            List<Integer> answered = Collections.synchronizedList(new ArrayList<>());
            List<CompletableFuture<Void>> commits = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                int number = i;
                Transaction transaction = database.createTransaction();
                transaction.set(Tuple.from("row", i).pack(), new byte[0]);
                commits.add(
                        transaction
                                .commit()
                                .thenRun(() -> {
                                    answered.add(number);
                                    transaction.close();
                                }));
            }
            commits.forEach(commit -> commit.orTimeout(20, TimeUnit.SECONDS).join());
            assertThat(answered).hasSize(60);
            assertThat(answered).isNotEqualTo(answered.stream().sorted().toList());
        }
    }

    @Test
    void idempotentWorkSurvivesAnything() {
        FaultPlan plan = new FaultPlan(9, 40, 0);
        try (EmbeddedDatabase database =
                EmbeddedFoundationDb.inMemory(EngineClock.system(), plan)) {
            database.options().setTransactionMaxRetryDelay(2);
            for (int i = 0; i < 50; i++) {
                byte[] done = Tuple.from("done", i).pack();
                database.run(transaction -> {
                    if (transaction.get(done).join() == null) {
                        transaction.set(done, new byte[0]);
                        transaction.mutate(MutationType.ADD, COUNTER, new byte[] {1, 0, 0, 0});
                    }
                    return null;
                });
            }
            plan.stop();
            assertThat(database.<byte[]>read(transaction -> transaction.get(COUNTER).join()))
                    .isEqualTo(new byte[] {50, 0, 0, 0});
        }
    }
}
