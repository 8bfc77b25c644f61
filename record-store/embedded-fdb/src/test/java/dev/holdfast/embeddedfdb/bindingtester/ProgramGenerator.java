package dev.holdfast.embeddedfdb.bindingtester;

import com.apple.foundationdb.MutationType;
import com.apple.foundationdb.tuple.ByteArrayUtil;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Makes programs from a seed. Keys are few, so that transactions meet; up to three transactions are
 * open at once; each program leaves out a random part of the instructions. Programs also do what is
 * wrong: use a transaction after its commit, write where nothing may be written, invert ranges.
 *
 * <p>A future is waited for before anything that could end its transaction, for otherwise which of
 * the two is faster would decide.
 */
final class ProgramGenerator {
    private static final List<String> READS =
            List.of("GET", "GET_KEY", "GET_RANGE", "GET_RANGE_STARTS_WITH", "GET_RANGE_SELECTOR");
    private static final List<String> WRITES =
            List.of("SET", "CLEAR", "CLEAR_RANGE", "CLEAR_RANGE_STARTS_WITH", "ATOMIC_OP");
    private static final List<String> KINDS =
            List.of(
                    "read",
                    "read",
                    "write",
                    "write",
                    "snapshot",
                    "database-read",
                    "database-write",
                    "commit",
                    "commit",
                    "switch",
                    "switch",
                    "conflict",
                    "version",
                    "stamp",
                    "end",
                    "wrong",
                    "stack",
                    "tuple",
                    "measure");
    private static final MutationType[] MUTATIONS = {
        MutationType.ADD,
        MutationType.BIT_AND,
        MutationType.BIT_OR,
        MutationType.BIT_XOR,
        MutationType.MAX,
        MutationType.MIN,
        MutationType.BYTE_MIN,
        MutationType.BYTE_MAX,
        MutationType.APPEND_IF_FITS,
        MutationType.COMPARE_AND_CLEAR,
    };

    /** Behind every key that programs use. */
    private static final byte[] AFTER_KEYS = ByteArrayUtil.strinc(Program.WORKSPACE);

    private static final byte[] ALPHABET = {0, 'a', 'b', (byte) 0xff};
    private static final int[] ERRORS = {
        1000, 1007, 1009, 1020, 1021, 1025, 1031, 1036, 1037, 1038, 1039, 1042, 1051, 1101, 1213,
        2000, 2004, 2017, 2101, 2137, 4100
    };

    /** What the generator must know of an open transaction. */
    private static final class Open {
        boolean stamped;
        boolean fresh = true;

        /** Its commit may fail before it is sent, which leaves its versionstamp open for good. */
        boolean doomed;
    }

    private final Random random;
    private final Program program = new Program();
    private final Map<String, Open> open = new HashMap<>();
    private final List<String> kinds;
    private Open current = new Open();
    private boolean versionKnown;
    private int stamps;

    private ProgramGenerator(long seed) {
        random = new Random(seed);
        kinds = KINDS.stream().filter(kind -> random.nextInt(5) > 0).toList();
    }

    /** The program of a seed, of about so many steps. */
    static Program generate(long seed, int steps) {
        ProgramGenerator generator = new ProgramGenerator(seed);
        generator.make(steps);
        return generator.program;
    }

    private void make(int steps) {
        program.add("NEW_TRANSACTION");
        for (int i = 0; i < 12; i++) {
            program.add("SET", key(), value());
        }
        program.commitAndReset();
        open.put("first", current);
        program.add("USE_TRANSACTION", (Object) Errors.ascii("first"));
        for (int i = 0; i < steps && !kinds.isEmpty(); i++) {
            step(kinds.get(random.nextInt(kinds.size())));
        }
        program.commitAndReset();
        program.logStack();
    }

    private void step(String kind) {
        switch (kind) {
            case "read" -> read(one(READS), "");
            case "snapshot" -> read(one(READS), "_SNAPSHOT");
            case "database-read" -> read(one(READS), "_DATABASE");
            case "write" -> write(one(WRITES), "");
            case "database-write" -> write(one(WRITES), "_DATABASE");
            case "commit" -> commit();
            case "switch" -> use(one(List.of("first", "second", "third")));
            case "conflict" -> conflict();
            case "version" -> version();
            case "stamp" -> stamp();
            case "end" -> end();
            case "wrong" -> wrong();
            case "stack" -> StackExercises.onStack(program, random);
            case "tuple" -> StackExercises.onTuples(program, random);
            case "measure" -> measure();
            default -> throw new IllegalStateException(kind);
        }
    }

    // ---- choices -------------------------------------------------------------------------------

    private <T> T one(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private byte[] key() {
        byte[] key = Arrays.copyOf(Program.WORKSPACE, Program.WORKSPACE.length + random.nextInt(4));
        for (int i = Program.WORKSPACE.length; i < key.length; i++) {
            key[i] = ALPHABET[random.nextInt(ALPHABET.length)];
        }
        return key;
    }

    /** Two keys in order. */
    private byte[][] range() {
        byte[] left = key();
        byte[] right = key();
        return Arrays.compareUnsigned(left, right) <= 0
                ? new byte[][] {left, right}
                : new byte[][] {right, left};
    }

    private byte[] value() {
        byte[] value = new byte[chance(5) ? 300 + random.nextInt(900) : random.nextInt(6)];
        random.nextBytes(value);
        return value;
    }

    private void fresh() {
        current.stamped = false;
        current.fresh = true;
        current.doomed = false;
    }

    // ---- reads and writes ----------------------------------------------------------------------

    private int limit() {
        return chance(50) ? 0 : 1 + random.nextInt(5);
    }

    private int mode(int limit) {
        int mode = random.nextInt(7) - 2;
        return mode == 0 && limit == 0 && chance(80) ? -1 : mode;
    }

    private int offset() {
        return chance(40) ? random.nextInt(2) : random.nextInt(9) - 4;
    }

    private void read(String name, String suffix) {
        boolean database = suffix.equals("_DATABASE");
        if (!database && current.stamped && (name.equals("GET_KEY") || name.endsWith("SELECTOR"))) {
            return;
        }
        if (!database) {
            current.fresh = false;
        }
        int limit = limit();
        int reverse = random.nextInt(2);
        String full = name + suffix;
        switch (name) {
            case "GET" -> {
                program.add(full, (Object) key());
                while (!database && suffix.isEmpty() && chance(30)) {
                    write("SET", "");
                }
                program.add("WAIT_FUTURE");
            }
            case "GET_KEY" ->
                    program.add(full, key(), random.nextInt(2), offset(), Program.WORKSPACE);
            case "GET_RANGE" -> {
                byte[][] range = range();
                program.add(full, range[0], range[1], limit, reverse, mode(limit));
            }
            case "GET_RANGE_STARTS_WITH" -> program.add(full, key(), limit, reverse, mode(limit));
            default -> {
                program.add(
                        full,
                        key(),
                        random.nextInt(2),
                        offset(),
                        key(),
                        random.nextInt(2),
                        offset(),
                        limit,
                        reverse,
                        mode(limit),
                        Program.WORKSPACE);
            }
        }
    }

    private void write(String name, String suffix) {
        if (suffix.isEmpty()) {
            current.fresh = false;
            if (chance(30)) {
                program.add("DISABLE_WRITE_CONFLICT");
            }
        }
        String full = name + suffix;
        switch (name) {
            case "SET" -> program.add(full, key(), value());
            case "CLEAR" -> program.add(full, (Object) key());
            case "CLEAR_RANGE" -> program.add(full, (Object[]) range());
            case "CLEAR_RANGE_STARTS_WITH" -> {
                byte[] start = key();
                program.add(
                        full, (Object) (start.length > Program.WORKSPACE.length ? start : key()));
            }
            default ->
                    program.add(
                            full,
                            MUTATIONS[random.nextInt(MUTATIONS.length)].name(),
                            key(),
                            value());
        }
    }

    private void conflict() {
        current.fresh = false;
        String side = chance(60) ? "READ" : "WRITE";
        if (chance(50)) {
            program.add(side + "_CONFLICT_RANGE", (Object[]) range());
        } else {
            program.add(side + "_CONFLICT_KEY", (Object) key());
        }
    }

    // ---- transactions --------------------------------------------------------------------------

    private void use(String name) {
        program.add("USE_TRANSACTION", (Object) Errors.ascii(name));
        current = open.computeIfAbsent(name, absent -> new Open());
    }

    private void commit() {
        program.add("COMMIT").add("WAIT_FUTURE");
        if (chance(30)) {
            program.add("GET_COMMITTED_VERSION");
        }
        if (chance(10)) {
            wrongUse();
        }
        program.add(chance(80) ? "RESET" : "NEW_TRANSACTION");
        fresh();
    }

    private void end() {
        if (chance(40)) {
            program.add("CANCEL");
            wrongUse();
        }
        if (chance(50)) {
            program.add("ON_ERROR", ERRORS[random.nextInt(ERRORS.length)]).add("WAIT_FUTURE");
        } else {
            program.add("RESET");
        }
        fresh();
        if (chance(25)) {
            program.add("TRANSACTION_OPTION", one(List.of(Target.Option.values())).name());
        }
    }

    private void version() {
        if (chance(50)) {
            program.add(chance(50) ? "GET_READ_VERSION" : "GET_READ_VERSION_SNAPSHOT");
            current.fresh = false;
            versionKnown = true;
        } else if (versionKnown && (current.fresh || chance(5))) {
            program.add("SET_READ_VERSION");
            current.fresh = false;
            current.doomed = true;
        }
    }

    private void measure() {
        byte[] begin = key();
        switch (random.nextInt(3)) {
            case 0 -> program.add("GET_APPROXIMATE_SIZE");
            case 1 -> program.add("GET_ESTIMATED_RANGE_SIZE", begin, AFTER_KEYS);
            default -> program.add("GET_RANGE_SPLIT_POINTS", begin, AFTER_KEYS, 10_000_000);
        }
    }

    // ---- versionstamps -------------------------------------------------------------------------

    private static byte[] withOffset(byte[] parameter, int offset) {
        return ByteBuffer.allocate(parameter.length + Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(parameter)
                .putInt(offset)
                .array();
    }

    /** Writes a stamp into a key and a value, and what the transaction tells beside them. */
    private void stamp() {
        byte[] id = ByteBuffer.allocate(Integer.BYTES).putInt(++stamps).array();
        byte[] body = ByteArrayUtil.join(new byte[10], value());
        program.add(
                "ATOMIC_OP",
                "SET_VERSIONSTAMPED_VALUE",
                ByteArrayUtil.join(Program.STAMPED_VALUES, id),
                withOffset(body, 0));
        byte[] key = ByteArrayUtil.join(Program.STAMPED_KEYS, id);
        program.add(
                "ATOMIC_OP",
                "SET_VERSIONSTAMPED_KEY",
                withOffset(ByteArrayUtil.join(key, body), key.length),
                id);
        current.stamped = true;
        current.fresh = false;
        if (chance(10)) {
            program.add("GET", (Object) ByteArrayUtil.join(Program.STAMPED_VALUES, id));
            program.add("WAIT_FUTURE");
            current.doomed = true;
        }
        if (current.doomed || chance(50)) {
            return;
        }
        program.add("GET_VERSIONSTAMP").add("COMMIT").add("WAIT_FUTURE").add("SWAP", 1);
        program.add("SET_DATABASE", (Object) ByteArrayUtil.join(Program.TOLD, id));
        program.add("RESET");
        fresh();
    }

    // ---- what is wrong -------------------------------------------------------------------------

    private void wrong() {
        byte[] outside = {(byte) 0xff, 'x'};
        byte[][] range = range();
        current.fresh = false;
        switch (random.nextInt(8)) {
            case 0 -> program.add("SET", outside, value());
            case 1 -> program.add("GET", (Object) outside).add("WAIT_FUTURE");
            case 2 -> program.add("CLEAR_RANGE", range[1], range[0]);
            case 3 -> program.add("READ_CONFLICT_RANGE", range[1], range[0]);
            case 4 -> program.add("GET_RANGE", range[0], range[1], 0, 0, 0);
            case 5 -> program.add("ATOMIC_OP", "SET_VERSIONSTAMPED_VALUE", key(), value());
            case 6 -> program.add("GET_KEY", outside, 1, 1, Program.WORKSPACE);
            default -> program.add("SET_DATABASE", outside, value());
        }
        if (chance(50)) {
            program.add("GET", (Object) key()).add("WAIT_FUTURE");
        }
        commit();
    }

    /** Uses a transaction that is at its end. */
    private void wrongUse() {
        switch (random.nextInt(8)) {
            case 0 -> program.add("GET", (Object) key()).add("WAIT_FUTURE");
            case 1 -> program.add("SET", key(), value());
            case 2 -> program.add("COMMIT").add("WAIT_FUTURE");
            case 3 -> program.add("GET_READ_VERSION");
            case 4 -> program.add("GET_RANGE_STARTS_WITH", key(), 0, 0, -1);
            case 5 -> program.add("READ_CONFLICT_KEY", (Object) key());
            case 6 -> measure();
            default -> program.add("ON_ERROR", 1020).add("WAIT_FUTURE");
        }
    }
}
