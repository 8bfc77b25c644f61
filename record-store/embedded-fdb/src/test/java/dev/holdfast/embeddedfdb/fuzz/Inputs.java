package dev.holdfast.embeddedfdb.fuzz;

import java.util.Random;

/** Seeded inputs for the normal build. */
final class Inputs {
    private static final long SEED = Long.getLong("holdfast.seed", 7);
    private static final int BYTES_MAX = 48;

    private Inputs() {}

    /** What is fuzzed; it fails with an assertion or an exception. */
    interface Fuzzed {
        void take(byte[] input) throws Exception;
    }

    static void each(int normally, Fuzzed fuzzed) throws Exception {
        int count = Boolean.getBoolean("holdfast.soak") ? normally * 100 : normally;
        Random random = new Random(SEED);
        for (int i = 0; i < count; i++) {
            byte[] input = new byte[random.nextInt(BYTES_MAX)];
            random.nextBytes(input);
            // Small numbers are where offsets and keys meet.
            for (int at = 0; at < input.length; at++) {
                if (random.nextInt(3) > 0) {
                    input[at] = (byte) random.nextInt(24);
                }
            }
            try {
                fuzzed.take(input);
            } catch (AssertionError | RuntimeException failure) {
                throw new AssertionError(
                        "input " + i + " of seed " + SEED + " (-Dholdfast.seed=" + SEED + ")",
                        failure);
            }
        }
    }
}
