package dev.holdfast.embeddedfdb;

import java.util.Random;
import java.util.function.Consumer;

/** Seeded randomness for tests: a failure names its seed and how to run it again. */
final class Seeds {
    private Seeds() {}

    /** Runs the body with {@code count} seeds, or only with the one of {@code holdfast.seed}. */
    static void each(String test, int count, Consumer<Random> body) {
        String chosen = System.getProperty("holdfast.seed");
        long first = chosen == null ? Long.getLong("holdfast.seed.base", 20_261_122L) : 0;
        int runs = chosen == null ? count : 1;
        for (int run = 0; run < runs; run++) {
            long seed = chosen == null ? first + run : Long.parseLong(chosen);
            try {
                body.accept(new Random(seed));
            } catch (RuntimeException | AssertionError failure) {
                throw new AssertionError(
                        "seed "
                                + seed
                                + " failed; replay with: mvn -pl record-store/embedded-fdb test"
                                + " -Dtest="
                                + test
                                + " -Dholdfast.seed="
                                + seed,
                        failure);
            }
        }
    }
}
