package dev.holdfast.embeddedfdb.bindingtester;

import java.util.stream.LongStream;

/** Which seeds a run tries: many of them, or the one that a failure named. */
final class ProgramSeeds {
    private static final long FIRST = Long.getLong("holdfast.seed.base", 1);

    private ProgramSeeds() {}

    static boolean soak() {
        return Boolean.getBoolean("holdfast.soak");
    }

    static LongStream of(int normally, int inSoak) {
        Long chosen = Long.getLong("holdfast.seed");
        return chosen == null
                ? LongStream.range(FIRST, FIRST + (soak() ? inSoak : normally))
                : LongStream.of(chosen);
    }

    static String replay(String test, long seed) {
        return "seed "
                + seed
                + "; replay with: mvn -pl record-store/embedded-fdb test -Dtest="
                + test
                + " -Dholdfast.seed="
                + seed
                + "\n";
    }
}
