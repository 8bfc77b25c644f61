package dev.holdfast.embeddedfdb.bindingtester;

import com.apple.foundationdb.tuple.ByteArrayUtil;
import com.apple.foundationdb.tuple.Tuple;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Instructions in order, and the places in the key space that programs share out. */
final class Program {
    /** Under it, as a tuple's first element, stand the instructions of the main machine. */
    static final byte[] MAIN = Errors.ascii("main");

    /** Rows that programs read and write. */
    static final byte[] WORKSPACE = Tuple.from("work").pack();

    /** Where stacks are logged. */
    static final byte[] LOG = Tuple.from("log").pack();

    /** Rows {@code (id) → versionstamp told by the transaction}. */
    static final byte[] TOLD = Tuple.from("stamps", "told").pack();

    /** Rows {@code (id) → stamp, text} written with a versionstamped value. */
    static final byte[] STAMPED_VALUES = Tuple.from("stamps", "values").pack();

    /** Rows {@code (id), stamp, text → id} written with a versionstamped key. */
    static final byte[] STAMPED_KEYS = Tuple.from("stamps", "keys").pack();

    private final List<Tuple> instructions = new ArrayList<>();

    int size() {
        return instructions.size();
    }

    List<Tuple> instructions() {
        return List.copyOf(instructions);
    }

    Program push(Object item) {
        instructions.add(Tuple.from("PUSH", item));
        return this;
    }

    /** Pushes what the instruction pops, its first argument last, and adds the instruction. */
    Program add(String name, Object... arguments) {
        for (int i = arguments.length - 1; i >= 0; i--) {
            push(arguments[i]);
        }
        instructions.add(Tuple.from(name));
        return this;
    }

    /** Commits the transaction, keeps the outcome on the stack and starts anew. */
    Program commitAndReset() {
        return add("COMMIT").add("WAIT_FUTURE").add("RESET");
    }

    /** Ends the program with its stack in the log. */
    Program logStack() {
        return add("LOG_STACK", (Object) LOG);
    }

    static byte[] key(String... parts) {
        return ByteArrayUtil.join(WORKSPACE, Errors.ascii(String.join("", parts)));
    }

    /** Stores the instructions for the machine of a prefix. */
    void store(Target target, byte[] prefix) {
        target.run(session -> {
            for (int i = 0; i < instructions.size(); i++) {
                session.set(Tuple.from(prefix, i).pack(), packed(instructions.get(i)));
            }
            return true;
        });
    }

    /** Programs push stamps that are still to come, which a plain pack refuses. */
    private static byte[] packed(Tuple instruction) {
        if (!instruction.hasIncompleteVersionstamp()) {
            return instruction.pack();
        }
        byte[] withOffset = instruction.packWithVersionstamp();
        return Arrays.copyOf(withOffset, withOffset.length - Integer.BYTES);
    }

    /** A few instructions before one, for messages. */
    String around(int index) {
        StringBuilder text = new StringBuilder();
        for (int i = Math.max(0, index - 14); i <= Math.min(index + 1, size() - 1); i++) {
            text.append(i == index ? "  > " : "    ").append(i).append(' ');
            text.append(instructions.get(i)).append('\n');
        }
        return text.toString();
    }
}
