package dev.holdfast.embeddedfdb.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The range set and the conflict window against arrays with one cell for each key. */
final class KeyStructuresTest {
    private static final int KEYS = 64;

    /** Keys 0 to 63 in order; every fourth has a zero byte behind the one before it. */
    private static byte[] key(int index) {
        byte[] base = {(byte) (index / 4)};
        return Arrays.copyOf(base, 1 + index % 4);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void aRangeSetHoldsExactlyWhatWasAddedAndNotRemoved(long seed) {
        Random random = new Random(seed);
        KeyRangeSet set = new KeyRangeSet();
        boolean[] model = new boolean[KEYS];
        for (int step = 0; step < 3_000; step++) {
            int from = random.nextInt(KEYS);
            int to = random.nextInt(KEYS);
            boolean adds = random.nextInt(3) > 0;
            for (int i = from; i < to; i++) {
                model[i] = adds;
            }
            if (adds) {
                set.add(key(from), key(to));
            } else {
                set.remove(key(from), key(to));
            }
            check(set, model, random);
        }
    }

    private static void check(KeyRangeSet set, boolean[] model, Random random) {
        for (int i = 0; i < KEYS - 1; i++) {
            assertThat(set.contains(key(i))).isEqualTo(model[i]);
        }
        int from = random.nextInt(KEYS);
        int to = random.nextInt(KEYS);
        boolean[] gaps = new boolean[KEYS];
        set.forEachGap(
                key(from),
                key(to),
                (begin, end) -> {
                    for (int i = 0; i < KEYS; i++) {
                        gaps[i] |=
                                Keys.compare(begin, key(i)) <= 0 && Keys.compare(key(i), end) < 0;
                    }
                });
        boolean touched = false;
        for (int i = from; i < to; i++) {
            assertThat(gaps[i]).isEqualTo(!model[i]);
            touched |= model[i];
        }
        assertThat(set.intersects(key(from), key(to))).isEqualTo(touched);
        byte[] last = null;
        for (var range : set.asMap().entrySet()) {
            assertThat(Keys.compare(range.getKey(), range.getValue())).isNegative();
            assertThat(last == null || Keys.compare(last, range.getKey()) < 0).isTrue();
            last = range.getValue();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void aConflictWindowKnowsTheLastWriteOfEveryKey(long seed) {
        Random random = new Random(seed);
        ConflictWindow window = new ConflictWindow(1_000, 1);
        long[] model = new long[KEYS];
        long version = 1;
        for (int step = 0; step < 4_000; step++) {
            version += random.nextInt(4);
            int from = random.nextInt(KEYS - 1);
            int to = random.nextInt(4) == 0 ? random.nextInt(KEYS) : from + 1;
            byte[] end = to == from + 1 && random.nextBoolean() ? Keys.after(key(from)) : key(to);
            for (int i = from; i < KEYS && Keys.compare(key(i), end) < 0; i++) {
                model[i] = version;
            }
            window.add(key(from), end, version);
            window.forgetBefore(version - 1_000);
            int low = random.nextInt(KEYS);
            int high = random.nextInt(KEYS);
            long reader = Math.max(version - random.nextInt(1_000), 1);
            boolean expected = false;
            for (int i = low; i < high; i++) {
                expected |= model[i] > reader;
            }
            assertThat(window.writtenAfter(key(low), key(high), reader)).isEqualTo(expected);
        }
        assertThat(window.oldestVersion()).isEqualTo(version - 1_000);
    }

    /**
     * The time to judge a young transaction by the window of a moment and by one a hundred times as
     * full; the best of several, for the machine may be busy. Looking at the whole window, or at
     * every slice of it, would take many times as long.
     */
    @Test
    void judgingAYoungTransactionCostsNoMoreInAnOldWindow() {
        long young = quickestNanos(windowOf(5_000), 5_000);
        long old = quickestNanos(windowOf(500_000), 500_000);
        assertThat(old).isLessThan(young * 12);
    }

    private static ConflictWindow windowOf(int writes) {
        ConflictWindow window = new ConflictWindow(Long.MAX_VALUE / 2, 1);
        for (int i = 1; i <= writes; i++) {
            byte[] key = ByteBuffer.allocate(8).putLong(i * 0x9E3779B97F4A7C15L).array();
            window.add(key, Keys.after(key), i);
        }
        return window;
    }

    private static long quickestNanos(ConflictWindow window, long now) {
        byte[] low = new byte[8];
        byte[] high = new byte[9];
        Arrays.fill(high, (byte) 0xff);
        long best = Long.MAX_VALUE;
        for (int run = 0; run < 10; run++) {
            long start = System.nanoTime();
            int hits = 0;
            for (int i = 0; i < 1_000; i++) {
                hits += window.writtenAfter(low, high, now) ? 1 : 0;
                hits += window.writtenAfter(low, Keys.after(low), now - 1) ? 1 : 0;
            }
            best = Math.min(best, System.nanoTime() - start);
            assertThat(hits).isZero();
        }
        return best;
    }

    @Test
    void aConflictWindowForgetsAndGivesItsMemoryBack() {
        ConflictWindow window = new ConflictWindow(1_000, 1);
        List<Long> sizes = new ArrayList<>();
        for (long version = 1; version < 100_000; version++) {
            window.add(
                    key((int) (version % KEYS)), Keys.after(key((int) (version % KEYS))), version);
            window.forgetBefore(version - 1_000);
            sizes.add(window.bytes());
        }
        assertThat(sizes.subList(50_000, sizes.size())).allMatch(size -> size < 300_000);
        window.forgetBefore(1_000_000);
        assertThat(window.bytes()).isZero();
    }
}
