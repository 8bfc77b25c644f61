package dev.holdfast.embeddedfdb.bindingtester;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.embeddedfdb.EmbeddedDatabase;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The same generated programs on the embedded engine, the model and a real cluster. */
final class GeneratedProgramsTest {
    private static final int STEPS = 120;

    /** Every database instruction of the published set that works without other machines. */
    private static final Set<String> GENERATED =
            Set.of(
                    "GET",
                    "GET_KEY",
                    "GET_RANGE",
                    "GET_RANGE_STARTS_WITH",
                    "GET_RANGE_SELECTOR",
                    "SET",
                    "CLEAR",
                    "CLEAR_RANGE",
                    "CLEAR_RANGE_STARTS_WITH",
                    "ATOMIC_OP");

    private static Outcome embedded(Program program) {
        try (EmbeddedDatabase database = EmbeddedFoundationDb.inMemory()) {
            return Outcome.of(new BindingTarget(database), program);
        }
    }

    /** What the program must do; null where several outcomes are right. */
    private static @Nullable Outcome expected(Program program) {
        try {
            return Outcome.of(new ModelTarget(), program);
        } catch (Ambiguous several) {
            return null;
        }
    }

    @Test
    void theEngineDoesWhatTheModelSays() {
        int[] compared = {0, 0};
        ProgramSeeds.of(100, 20_000)
                .forEach(seed -> {
                    Program program = ProgramGenerator.generate(seed, STEPS);
                    Outcome expected = expected(program);
                    compared[1]++;
                    if (expected == null) {
                        return;
                    }
                    compared[0]++;
                    assertThat(embedded(program).differenceFrom(expected, program))
                            .as(ProgramSeeds.replay("GeneratedProgramsTest", seed))
                            .isNull();
                });
        assertThat(compared[0] * 2)
                .as("most programs have one right outcome")
                .isGreaterThan(compared[1]);
    }

    @Test
    void theEngineDoesWhatARealClusterDoes() {
        try (RealCluster cluster = RealCluster.openOrSkip("GeneratedProgramsTest")) {
            ProgramSeeds.of(150, 2_000)
                    .forEach(seed -> {
                        Program program = ProgramGenerator.generate(seed, STEPS);
                        assertThat(
                                        embedded(program)
                                                .differenceFrom(cluster.outcome(program), program))
                                .as(ProgramSeeds.replay("GeneratedProgramsTest", seed))
                                .isNull();
                    });
        }
    }

    @Test
    void everyDatabaseInstructionIsGenerated() {
        Set<String> wanted = new TreeSet<>();
        for (String name : GENERATED) {
            wanted.add(name);
            wanted.add(name + "_DATABASE");
        }
        for (String name : GENERATED) {
            if (name.startsWith("GET")) {
                wanted.add(name + "_SNAPSHOT");
            }
        }
        wanted.addAll(
                Set.of(
                        "NEW_TRANSACTION",
                        "USE_TRANSACTION",
                        "ON_ERROR",
                        "GET_READ_VERSION",
                        "GET_READ_VERSION_SNAPSHOT",
                        "SET_READ_VERSION",
                        "GET_COMMITTED_VERSION",
                        "GET_APPROXIMATE_SIZE",
                        "GET_ESTIMATED_RANGE_SIZE",
                        "GET_RANGE_SPLIT_POINTS",
                        "GET_VERSIONSTAMP",
                        "READ_CONFLICT_RANGE",
                        "WRITE_CONFLICT_RANGE",
                        "READ_CONFLICT_KEY",
                        "WRITE_CONFLICT_KEY",
                        "DISABLE_WRITE_CONFLICT",
                        "COMMIT",
                        "RESET",
                        "CANCEL",
                        "WAIT_FUTURE",
                        "PUSH",
                        "POP",
                        "DUP",
                        "SWAP",
                        "SUB",
                        "CONCAT",
                        "LOG_STACK",
                        "TUPLE_PACK",
                        "TUPLE_PACK_WITH_VERSIONSTAMP",
                        "TUPLE_UNPACK",
                        "TUPLE_RANGE",
                        "TUPLE_SORT",
                        "ENCODE_FLOAT",
                        "ENCODE_DOUBLE",
                        "DECODE_FLOAT",
                        "DECODE_DOUBLE"));
        Set<String> found = new TreeSet<>();
        for (long seed = 1; seed <= 40; seed++) {
            ProgramGenerator.generate(seed, STEPS)
                    .instructions()
                    .forEach(instruction -> found.add(instruction.getString(0)));
        }
        assertThat(found).containsAll(wanted);
    }
}
