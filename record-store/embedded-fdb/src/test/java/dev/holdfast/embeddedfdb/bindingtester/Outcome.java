package dev.holdfast.embeddedfdb.bindingtester;

import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.StreamingMode;
import com.apple.foundationdb.tuple.ByteArrayUtil;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Everything a program left in the database, in order. Versionstamps, which no two databases can
 * share, are replaced by their rank among the program's own.
 */
final class Outcome {
    private static final int STAMP_BYTES = 10;
    private static final int ID_BYTES = 4;

    static {
        // The tuple layer asks the binding for its API version, which opening a database selects.
        EmbeddedFoundationDb.inMemory().close();
    }

    private final List<KeyValue> rows;

    private Outcome(List<KeyValue> rows) {
        this.rows = rows;
    }

    /** Runs a program on an empty database and takes what is then in it. */
    static Outcome of(Target target, Program program) {
        program.store(target, Program.MAIN);
        StackMachine machine = new StackMachine(target, Program.MAIN);
        try {
            machine.run();
        } finally {
            machine.close();
        }
        if (machine.executed() != program.size()) {
            throw new AssertionError("executed " + machine.executed() + " of " + program.size());
        }
        return new Outcome(ranked(rows(target)));
    }

    static List<KeyValue> rows(Target target) {
        Target.Query all =
                new Target.Query(
                        KeySelector.firstGreaterOrEqual(new byte[0]),
                        KeySelector.firstGreaterOrEqual(new byte[] {(byte) 0xff}),
                        0,
                        false,
                        StreamingMode.WANT_ALL,
                        true);
        return target.run(session -> session.getRange(all));
    }

    private static List<KeyValue> ranked(List<KeyValue> rows) {
        TreeSet<byte[]> stamps = new TreeSet<>(Arrays::compareUnsigned);
        for (KeyValue row : rows) {
            int inKey = placeInKey(row);
            int inValue = placeInValue(row);
            if (inKey >= 0) {
                stamps.add(Arrays.copyOfRange(row.getKey(), inKey, inKey + STAMP_BYTES));
            }
            if (inValue >= 0) {
                stamps.add(Arrays.copyOfRange(row.getValue(), inValue, inValue + STAMP_BYTES));
            }
        }
        List<KeyValue> ranked = new ArrayList<>();
        for (KeyValue row : rows) {
            ranked.add(
                    new KeyValue(
                            replaced(row.getKey(), placeInKey(row), stamps),
                            replaced(row.getValue(), placeInValue(row), stamps)));
        }
        return ranked;
    }

    private static byte[] replaced(byte[] bytes, int place, NavigableSet<byte[]> stamps) {
        if (place < 0) {
            return bytes;
        }
        byte[] stamp = Arrays.copyOfRange(bytes, place, place + STAMP_BYTES);
        byte[] changed = bytes.clone();
        ByteBuffer.wrap(changed)
                .putLong(place, stamps.headSet(stamp).size())
                .putShort(place + Long.BYTES, (short) 0);
        return changed;
    }

    private static int placeInKey(KeyValue row) {
        return ByteArrayUtil.startsWith(row.getKey(), Program.STAMPED_KEYS)
                ? Program.STAMPED_KEYS.length + ID_BYTES
                : -1;
    }

    private static int placeInValue(KeyValue row) {
        boolean told =
                ByteArrayUtil.startsWith(row.getKey(), Program.TOLD)
                        && row.getValue().length == STAMP_BYTES;
        return told || ByteArrayUtil.startsWith(row.getKey(), Program.STAMPED_VALUES) ? 0 : -1;
    }

    /** Whether an error that a busy cluster may give at any time is among the results. */
    boolean disturbed() {
        return rows.stream()
                .anyMatch(row ->
                        ByteArrayUtil.startsWith(row.getKey(), Program.LOG)
                                && isDisturbance(row.getValue()));
    }

    private static boolean isDisturbance(byte[] logged) {
        for (int code : new int[] {1007, 1009, 1021}) {
            if (Arrays.equals(logged, Tuple.from((Object) Errors.packed(code)).pack())) {
                return true;
            }
        }
        return false;
    }

    /** The first row in which another outcome differs, described; null when they are equal. */
    @Nullable String differenceFrom(Outcome expected, Program program) {
        int size = Math.max(rows.size(), expected.rows.size());
        for (int i = 0; i < size; i++) {
            KeyValue actual = i < rows.size() ? rows.get(i) : null;
            KeyValue wanted = i < expected.rows.size() ? expected.rows.get(i) : null;
            if (actual == null || !actual.equals(wanted)) {
                return "expected "
                        + text(wanted)
                        + "\nbut got  "
                        + text(actual)
                        + "\n"
                        + context(actual == null ? wanted : actual, program);
            }
        }
        return null;
    }

    private static String text(@Nullable KeyValue row) {
        return row == null
                ? "no row"
                : ByteArrayUtil.printable(row.getKey())
                        + " = "
                        + ByteArrayUtil.printable(row.getValue());
    }

    private static String context(@Nullable KeyValue row, Program program) {
        if (row == null || !ByteArrayUtil.startsWith(row.getKey(), Program.LOG)) {
            return "";
        }
        byte[] place = Arrays.copyOfRange(row.getKey(), Program.LOG.length, row.getKey().length);
        return program.around((int) Tuple.fromBytes(place).getLong(1));
    }
}
