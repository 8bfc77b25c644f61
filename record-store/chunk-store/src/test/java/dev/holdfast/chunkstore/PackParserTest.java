package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThatCode;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Seeded inputs for {@link PackParserTarget}, many more of them in a soak. */
final class PackParserTest {
    private static final int INPUTS = Boolean.getBoolean("holdfast.soak") ? 5_000_000 : 50_000;
    private static final int BYTES_MAX = 24;

    @Test
    void theTargetTakesASoundPackForSound() {
        assertThatCode(() -> PackParserTarget.fuzzerTestOneInput(new byte[] {1}))
                .doesNotThrowAnyException();
        assertThatCode(() ->
                        PackScanner.read(
                                PackParserTarget.PACK, new MemoryInput(PackParserTarget.sound())))
                .doesNotThrowAnyException();
    }

    /** Mutated once: without the bound on an entry's offset a length ran over. */
    @Test
    void anOffsetBeyondAllPacksIsImpossible() {
        // The eight bytes of the second entry's offset, set to nearly the largest number.
        byte[] input = new byte[1 + 16];
        input[0] = 3;
        int offsetAt = PackFormat.CONTENTS_HEADER_BYTES + PackFormat.CONTENTS_ENTRY_BYTES + 32;
        for (int index = 0; index < 8; index++) {
            input[1 + 2 * index] = (byte) (offsetAt + index);
            input[2 + 2 * index] = (byte) (index == 0 ? 0x7f : 0xff);
        }
        assertThatCode(() -> PackParserTarget.fuzzerTestOneInput(input)).doesNotThrowAnyException();
    }

    @Test
    void noInputBreaksTheParser() {
        long seed = Long.getLong("holdfast.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        for (int index = 0; index < INPUTS; index++) {
            byte[] input = new byte[1 + random.nextInt(BYTES_MAX)];
            random.nextBytes(input);
            for (int at = 2; at < input.length; at += 2) {
                // The numbers that break things: none, one, the largest, the most negative.
                if (random.nextBoolean()) {
                    input[at] =
                            new byte[] {0, 1, 0x7f, (byte) 0x80, (byte) 0xff}[random.nextInt(5)];
                }
            }
            int number = index;
            assertThatCode(() -> PackParserTarget.fuzzerTestOneInput(input))
                    .as("input %d; replay: -Dtest=PackParserTest -Dholdfast.seed=%d", number, seed)
                    .doesNotThrowAnyException();
        }
    }
}
