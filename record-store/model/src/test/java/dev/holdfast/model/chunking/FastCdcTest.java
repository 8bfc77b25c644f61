package dev.holdfast.model.chunking;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Sha256;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FastCdcTest {
    private static List<Integer> lengths(byte[] bytes) {
        List<Integer> lengths = new ArrayList<>();
        for (int from = 0; from < bytes.length; ) {
            int length = FastCdc.cut(bytes, from, bytes.length);
            lengths.add(length);
            from += length;
        }
        return lengths;
    }

    /** The loop as the paper has it, one byte a step. */
    private static int simpleCut(byte[] bytes, int from, int to) {
        long[] gear = FastCdc.gear();
        int length = Math.min(to - from, FastCdc.MAX_BYTES);
        long hash = 0;
        for (int i = FastCdc.MIN_BYTES; i < length; i++) {
            hash = (hash << 1) + gear[bytes[from + i] & 0xff];
            long mask = i < FastCdc.AVERAGE_BYTES ? FastCdc.MASK_SHORT : FastCdc.MASK_LONG;
            if ((hash & mask) == 0) {
                return i + 1;
            }
        }
        return length;
    }

    private static byte[] random(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    @Test
    void goldenVectorsNeverChange() {
        assertThat(lengths(random(1, 12 << 20))).containsExactlyElementsOf(GOLDEN);
        ByteBuffer table = ByteBuffer.allocate(256 * Long.BYTES);
        for (long number : FastCdc.gear()) {
            table.putLong(number);
        }
        assertThat(Sha256.hash(table.array())).hasToString(GOLDEN_TABLE);
    }

    private static final List<Integer> GOLDEN =
            List.of(
                    1_841_509, 1_310_508, 1_212_451, 1_261_145, 1_786_542, 1_255_185, 1_106_862,
                    997_191, 1_113_958, 697_561);

    private static final String GOLDEN_TABLE =
            "6d3610702bc85c2c8dace623ac306110dcc00960eff0358f254e8d0eec94f58b";

    @Test
    void cutsWhereTheSimpleLoopCuts() {
        for (int seed = 0; seed < 8; seed++) {
            byte[] bytes = random(seed, (6 << 20) + seed);
            for (int from = 0; from < bytes.length; ) {
                int length = FastCdc.cut(bytes, from, bytes.length);
                assertThat(length).isEqualTo(simpleCut(bytes, from, bytes.length));
                from += length;
            }
        }
    }

    @Test
    void smallAndMonotonousContentsStayWithinTheLimits() {
        assertThat(lengths(random(3, 1))).containsExactly(1);
        assertThat(lengths(random(3, FastCdc.MIN_BYTES))).containsExactly(FastCdc.MIN_BYTES);
        for (int extra = 1; extra < 4; extra++) {
            int length = FastCdc.MIN_BYTES + extra;
            assertThat(lengths(new byte[length])).containsExactly(length);
        }
        assertThat(lengths(new byte[9 << 20]))
                .containsExactly(FastCdc.MAX_BYTES, FastCdc.MAX_BYTES, 1 << 20);
    }

    @Test
    void lengthsGatherAroundTheAverage() {
        List<Integer> lengths = lengths(random(5, 128 << 20));
        double average = lengths.stream().mapToInt(Integer::intValue).average().orElseThrow();
        assertThat(average).isBetween(0.8 * FastCdc.AVERAGE_BYTES, 1.4 * FastCdc.AVERAGE_BYTES);
        assertThat(lengths.subList(0, lengths.size() - 1))
                .allMatch(n -> n > FastCdc.MIN_BYTES && n <= FastCdc.MAX_BYTES);
    }

    @Test
    void anInsertionAtTheHeadChangesAtMostThreeChunks() {
        for (int seed = 0; seed < 10; seed++) {
            byte[] before = random(seed, 24 << 20);
            byte[] after = new byte[before.length + 1];
            System.arraycopy(before, 0, after, 1, before.length);
            Set<Sha256> known = hashes(before);
            Set<Sha256> changed = hashes(after);
            changed.removeAll(known);
            assertThat(changed).as("seed %d", seed).hasSizeBetween(1, 3);
        }
    }

    private static Set<Sha256> hashes(byte[] bytes) {
        Set<Sha256> hashes = new HashSet<>();
        int from = 0;
        for (int length : lengths(bytes)) {
            hashes.add(Sha256.hash(ByteBuffer.wrap(bytes, from, length)));
            from += length;
        }
        return hashes;
    }
}
