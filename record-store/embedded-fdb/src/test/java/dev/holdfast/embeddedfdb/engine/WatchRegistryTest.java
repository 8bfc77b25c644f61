package dev.holdfast.embeddedfdb.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Watches by key: each leaves alone, and as many as there may be on one key cost as little. */
final class WatchRegistryTest {
    private static final byte[] KEY = {1};
    private static final byte[] OTHER = {2};

    private final WatchRegistry watches = new WatchRegistry(new Completions(Runnable::run));

    private CompletableFuture<Void> watch(byte[] key) {
        CompletableFuture<Void> fired = new CompletableFuture<>();
        watches.add(key, null, Runnable::run, fired);
        return fired;
    }

    private void set(byte[] key) {
        GroupWrites writes = new GroupWrites(ignored -> null);
        writes.apply(new Mutation(MutationKind.SET, key, key), new byte[10]);
        watches.changed(writes);
    }

    @Test
    void eachWatchLeavesAloneAndTheRestFire() {
        Random random = new Random(5);
        List<CompletableFuture<Void>> here = new ArrayList<>();
        for (int round = 0; round < 300; round++) {
            here.clear();
            for (int i = 0; i < 1 + random.nextInt(6); i++) {
                here.add(watch(KEY));
            }
            CompletableFuture<Void> there = watch(OTHER);
            List<CompletableFuture<Void>> leaving = new ArrayList<>(here);
            Collections.shuffle(leaving, random);
            int left = random.nextInt(leaving.size() + 1);
            leaving.subList(0, left).forEach(each -> each.cancel(true));
            assertThat(watches.size()).isEqualTo(here.size() - left + 1);
            set(KEY);
            assertThat(leaving.subList(0, left)).allMatch(CompletableFuture::isCancelled);
            assertThat(leaving.subList(left, leaving.size()))
                    .allSatisfy(each -> assertThatNoException().isThrownBy(each::join));
            assertThat(there).isNotDone();
            there.cancel(true);
            assertThat(watches.size()).isZero();
        }
    }

    /** With a search among those of its key for each that leaves, this would take minutes. */
    @Test
    @Timeout(30)
    void manyWatchesOfOneKeyLeaveAndFireAtOnce() {
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int i = 0; i < 300_000; i++) {
            all.add(watch(KEY));
        }
        List<CompletableFuture<Void>> leaving = new ArrayList<>(all.subList(0, 150_000));
        Collections.shuffle(leaving, new Random(1));
        leaving.forEach(each -> each.cancel(true));
        assertThat(watches.size()).isEqualTo(150_000);
        set(KEY);
        assertThat(all.get(299_999)).succeedsWithin(Duration.ofSeconds(5));
        assertThat(watches.size()).isZero();
    }

    @Test
    void aWatchThatIsClearedAndSetAtOnceFiresOnceAndIsGoneByThen() {
        CompletableFuture<Void> first = watch(KEY);
        CompletableFuture<Void> second = watch(KEY);
        CompletableFuture<Void> other = watch(OTHER);
        List<Integer> left = new ArrayList<>();
        CompletableFuture<Void> seen = first.thenRun(() -> left.add(watches.size()));
        GroupWrites writes = new GroupWrites(ignored -> null);
        writes.apply(new Mutation(MutationKind.CLEAR_RANGE, Keys.EMPTY, OTHER), new byte[10]);
        writes.apply(new Mutation(MutationKind.SET, KEY, KEY), new byte[10]);
        watches.changed(writes);
        seen.join();
        assertThat(left).containsExactly(1);
        assertThat(second).isCompleted();
        assertThat(other).isNotDone();
    }

    @Test
    void theEndFailsAllAndRefusesLaterOnes() {
        CompletableFuture<Void> first = watch(KEY);
        CompletableFuture<Void> second = watch(KEY);
        CompletableFuture<Void> third = watch(OTHER);
        watches.close();
        assertThat(List.of(first, second, third, watch(KEY)))
                .allMatch(CompletableFuture::isCompletedExceptionally);
        assertThat(watches.size()).isZero();
    }
}
