package dev.holdfast.metadata;

import java.util.function.LongConsumer;

/** Seeded randomness for tests: a failure names its seed and how to run it again. */
final class Seeds {
    private static final long FIRST = 20_261_122L;

    private Seeds() {}

    /** Runs the body with {@code count} seeds, or only with the one of {@code holdfast.seed}. */
    static void each(String test, int count, LongConsumer body) {
        String chosen = System.getProperty("holdfast.seed");
        long first =
                chosen == null ? Long.getLong("holdfast.seed.base", FIRST) : Long.parseLong(chosen);
        for (long seed = first; seed < first + (chosen == null ? count : 1); seed++) {
            try {
                body.accept(seed);
            } catch (RuntimeException | AssertionError failure) {
                throw new AssertionError(
                        "seed "
                                + seed
                                + " failed; replay with: mvn -pl record-store/metadata test -Dtest="
                                + test
                                + " -Dholdfast.seed="
                                + seed,
                        failure);
            }
        }
    }
}
