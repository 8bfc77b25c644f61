package dev.holdfast.embeddedfdb.bindingtester;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.embeddedfdb.EmbeddedDatabase;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Programs written by hand, for what generated ones do not do; and a proof that tests can fail. */
final class ScriptedProgramsTest {
    private static byte[] number(long value) {
        return ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
    }

    private static Outcome embedded(Program program) {
        try (EmbeddedDatabase database = EmbeddedFoundationDb.inMemory()) {
            return Outcome.of(new BindingTarget(database), program);
        }
    }

    private static void requireEqual(Program program) {
        Outcome expected = Outcome.of(new ModelTarget(), program);
        assertThat(embedded(program).differenceFrom(expected, program)).isNull();
    }

    /** Each thread adds to a counter and then removes the row that the main machine waits for. */
    private static Program withThreads(Target target, int threads, int additions) {
        for (int thread = 0; thread < threads; thread++) {
            Program worker = new Program();
            for (int i = 0; i < additions; i++) {
                worker.add("ATOMIC_OP_DATABASE", "ADD", Program.key("count"), number(1));
                worker.add("POP");
            }
            worker.add("CLEAR_DATABASE", (Object) Program.key("busy", String.valueOf(thread)));
            worker.store(target, Errors.ascii("thread" + thread));
        }
        Program main = new Program();
        for (int thread = 0; thread < threads; thread++) {
            main.add("SET_DATABASE", Program.key("busy", String.valueOf(thread)), number(1));
        }
        for (int thread = 0; thread < threads; thread++) {
            main.add("START_THREAD", (Object) Errors.ascii("thread" + thread));
        }
        main.add("WAIT_EMPTY", (Object) Program.key("busy"));
        main.add("GET_DATABASE", (Object) Program.key("count"));
        return main.logStack();
    }

    private static void requireAllCounted(Target target) {
        Outcome.of(target, withThreads(target, 4, 25));
        byte[] count = target.run(session -> session.get(Program.key("count"), false).join());
        assertThat(count).isEqualTo(number(100));
    }

    @Test
    void machinesInThreadsLoseNoAddition() {
        try (EmbeddedDatabase database = EmbeddedFoundationDb.inMemory()) {
            requireAllCounted(new BindingTarget(database));
        }
        requireAllCounted(new ModelTarget());
    }

    @Test
    void aWriteIsSeenByReadsMadeAfterItOnly() {
        Program program = new Program();
        program.add("SET_DATABASE", Program.key("a"), Errors.ascii("old"));
        program.add("GET", (Object) Program.key("a"));
        program.add("SET", Program.key("a"), Errors.ascii("new"));
        program.add("WAIT_FUTURE");
        program.add("GET", (Object) Program.key("a")).add("WAIT_FUTURE");
        requireEqual(program.commitAndReset().logStack());
    }

    @Test
    void aReadThatFailedFailsTheCommit() {
        Program program = new Program();
        byte[] operand = new byte[14];
        program.add("ATOMIC_OP", "SET_VERSIONSTAMPED_VALUE", Program.key("a"), operand);
        program.add("GET", (Object) Program.key("a")).add("WAIT_FUTURE");
        program.add("SET", Program.key("b"), Errors.ascii("lost"));
        requireEqual(program.commitAndReset().logStack());
    }

    @Test
    void aTransactionCannotBeUsedAfterItsCommit() {
        Program program = new Program();
        for (String use : List.of("GET", "SET", "COMMIT", "READ_CONFLICT_KEY", "ON_ERROR")) {
            program.add("SET", Program.key("a"), Errors.ascii("1"));
            program.add("COMMIT").add("WAIT_FUTURE");
            switch (use) {
                case "SET" -> program.add(use, Program.key("b"), Errors.ascii("2"));
                case "COMMIT" -> program.add(use).add("WAIT_FUTURE");
                case "ON_ERROR" -> program.add(use, 1020).add("WAIT_FUTURE");
                default -> program.add(use, (Object) Program.key("a"));
            }
            program.add("GET", (Object) Program.key("a")).add("WAIT_FUTURE");
            program.add("RESET");
        }
        requireEqual(program.logStack());
    }

    @Test
    void aReadVersionMustBePositive() {
        Program program = new Program();
        program.add("GET_COMMITTED_VERSION").add("SET_READ_VERSION");
        program.add("GET", (Object) Program.key("a")).add("WAIT_FUTURE");
        requireEqual(program.commitAndReset().logStack());
    }

    @Test
    void refusedReadsTakeNoReadVersion() {
        Program program = new Program();
        program.add("GET", (Object) new byte[] {(byte) 0xff, 1}).add("WAIT_FUTURE");
        program.add("GET_RANGE", Program.key("b"), Program.key("a"), 0, 0, -1);
        program.add("SET_DATABASE", Program.key("a"), Errors.ascii("later"));
        program.add("GET", (Object) Program.key("a")).add("WAIT_FUTURE");
        requireEqual(program.commitAndReset().logStack());
    }

    // ---- the comparison can fail ---------------------------------------------------------------

    /** The model with one rule broken. */
    private record Broken(Target target, String rule) implements Target {
        @Override
        public Session begin() {
            return new BrokenSession(target.begin(), rule);
        }

        @Override
        public <T> T run(Function<Session, T> body) {
            return target.run(session -> body.apply(new BrokenSession(session, rule)));
        }
    }

    /** Whether any of the first seeds tells a database with a broken rule from one without. */
    private static boolean noticed(String rule, int seeds) {
        for (long seed = 1; seed <= seeds; seed++) {
            Program program = ProgramGenerator.generate(seed, 120);
            try {
                Outcome expected = Outcome.of(new ModelTarget(), program);
                Outcome broken = Outcome.of(new Broken(new ModelTarget(), rule), program);
                if (broken.differenceFrom(expected, program) != null) {
                    return true;
                }
            } catch (Ambiguous several) {
                // Another seed will do.
            }
        }
        return false;
    }

    @Test
    void everyBrokenRuleIsNoticed() {
        for (String rule : BrokenSession.RULES) {
            assertThat(noticed(rule, 150)).as(rule).isTrue();
        }
        assertThat(noticed("none", 20)).isFalse();
    }
}
