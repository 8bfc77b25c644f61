package dev.holdfast.embeddedfdb.transcripts;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.FDBException;
import com.apple.foundationdb.KeyArrayResult;
import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.Range;
import com.apple.foundationdb.ReadTransaction;
import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.tuple.ByteArrayUtil;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The text of one scenario: what was called and what came of it, a line each. */
@SuppressWarnings("FutureReturnValueIgnored") // the transcript waits for what it is given
final class Transcript {
    static final byte[] END = {(byte) 0xff};
    static final long PATIENCE_SECONDS = 3;
    private static final long GRACE_MILLIS = 60;

    private final List<String> lines = new ArrayList<>();

    /** A scenario on an empty database. */
    interface Scenario {
        void play(Database database, Transcript transcript) throws Exception;
    }

    static Transcript of(Database database, Scenario scenario) throws Exception {
        clear(database);
        Transcript transcript = new Transcript();
        try {
            scenario.play(database, transcript);
        } finally {
            clear(database);
        }
        return transcript;
    }

    private static void clear(Database database) {
        database.run(transaction -> {
            transaction.clear(new byte[0], END);
            return true;
        });
    }

    String text() {
        return String.join("\n", lines) + "\n";
    }

    void line(String line) {
        lines.add(line);
    }

    /** Writes what a call gave, or the error it ended with. */
    void call(String name, Callable<?> body) {
        lines.add(name + " -> " + outcome(body));
    }

    static String outcome(Callable<?> body) {
        try {
            return shown(body.call());
        } catch (Exception failure) {
            return failed(failure);
        }
    }

    private static String failed(Throwable failure) {
        Throwable cause = failure;
        while (cause != null) {
            if (cause instanceof FDBException error) {
                return "error " + error.getCode();
            }
            if (cause.getCause() == null) {
                break;
            }
            cause = cause.getCause();
        }
        return cause == null ? "null" : cause.getClass().getSimpleName();
    }

    static String shown(@Nullable Object value) throws Exception {
        return switch (value) {
            case null -> "nothing";
            case byte[] bytes -> key(bytes);
            case KeyValue row -> key(row.getKey()) + "=" + key(row.getValue());
            case List<?> rows -> {
                StringBuilder text = new StringBuilder("[");
                for (Object row : rows) {
                    text.append(text.length() == 1 ? "" : " ").append(shown(row));
                }
                yield text.append(']').toString();
            }
            case KeyArrayResult points -> shown(keys(points));
            case CompletableFuture<?> future -> settled(future);
            default -> value.toString();
        };
    }

    /** The binding shows them to nobody but itself. */
    private static List<?> keys(KeyArrayResult points) throws ReflectiveOperationException {
        Field keys = KeyArrayResult.class.getDeclaredField("keys");
        keys.setAccessible(true);
        return (List<?>) keys.get(points);
    }

    private static String settled(CompletableFuture<?> future) throws Exception {
        try {
            return shown(future.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
        } catch (ExecutionException failure) {
            return failed(failure);
        } catch (TimeoutException never) {
            return "not within " + PATIENCE_SECONDS + " s";
        }
    }

    /** Printable; long runs of one byte are counted. */
    static String key(byte @Nullable [] bytes) {
        if (bytes == null) {
            return "nothing";
        }
        if (bytes.length > 40) {
            return "(" + bytes.length + " bytes)";
        }
        return "'" + ByteArrayUtil.printable(bytes) + "'";
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /**
     * The rows of a special module, its prefix left out; a cluster's own keys are all shown as one.
     */
    static List<KeyValue> module(ReadTransaction transaction, String name) throws Exception {
        byte[] prefix = bytes("\u00ff\u00ff/transaction/" + name + "/");
        Range whole = new Range(prefix, ByteArrayUtil.join(prefix, bytes("\u00ff\u00ff")));
        List<KeyValue> rows = new ArrayList<>();
        for (KeyValue row :
                transaction.getRange(whole).asList().get(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            byte[] key = row.getKey();
            byte[] rest = Arrays.copyOfRange(key, prefix.length, key.length);
            boolean system = rest.length > 0 && rest[0] == END[0];
            rows.add(new KeyValue(system ? END : rest, row.getValue()));
        }
        return rows;
    }

    /** What a transaction would be checked for, and how large it says it is. */
    void account(Transaction transaction) {
        conflicts(transaction);
        call("  size", () -> transaction.getApproximateSize().join());
    }

    /** What a transaction would be checked for. */
    void conflicts(Transaction transaction) {
        call("  reads", () -> module(transaction, "read_conflict_range"));
        call("  writes", () -> module(transaction, "write_conflict_range"));
    }

    /** What a future gives before long; one that waits for something is pending. */
    static String soon(CompletableFuture<?> future) {
        try {
            return shown(future.get(GRACE_MILLIS, TimeUnit.MILLISECONDS));
        } catch (TimeoutException waiting) {
            return "pending";
        } catch (Exception failure) {
            return failed(failure);
        }
    }
}
