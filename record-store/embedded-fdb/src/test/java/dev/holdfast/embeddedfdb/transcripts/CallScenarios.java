package dev.holdfast.embeddedfdb.transcripts;

import static dev.holdfast.embeddedfdb.transcripts.Transcript.bytes;
import static dev.holdfast.embeddedfdb.transcripts.Transcript.key;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.FDBException;
import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.MutationType;
import com.apple.foundationdb.Range;
import com.apple.foundationdb.Transaction;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Writes, what they do to values, and how large things may be. */
@SuppressWarnings("FutureReturnValueIgnored") // the transcript waits for what it is given
final class CallScenarios {
    private static final byte[] K = bytes("k");
    private static final byte[] V = bytes("v");

    private CallScenarios() {}

    private static byte[] long8(long value) {
        return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    }

    private static byte[] sized(int length, char first) {
        byte[] sized = new byte[length];
        Arrays.fill(sized, (byte) 'x');
        if (length > 0) {
            sized[0] = (byte) first;
        }
        return sized;
    }

    /** Each write alone: what it is checked for, what it counts and what it leaves. */
    static void writes(Database database, Transcript to) {
        Map<String, Consumer<Transaction>> writes = new LinkedHashMap<>();
        writes.put("set", transaction -> transaction.set(K, V));
        writes.put(
                "set twice",
                transaction -> {
                    transaction.set(K, V);
                    transaction.set(K, bytes("other"));
                });
        writes.put("clear", transaction -> transaction.clear(K));
        writes.put("clear range", transaction -> transaction.clear(bytes("a"), bytes("m")));
        writes.put("clear empty range", transaction -> transaction.clear(K, K));
        writes.put("clear starts with", transaction -> transaction.clear(Range.startsWith(K)));
        writes.put("add", transaction -> transaction.mutate(MutationType.ADD, K, long8(1)));
        writes.put(
                "no conflict",
                transaction -> {
                    transaction.options().setNextWriteNoWriteConflictRange();
                    transaction.set(K, V);
                    transaction.set(bytes("l"), V);
                });
        writes.put(
                "write conflict",
                transaction -> {
                    transaction.addWriteConflictRange(bytes("a"), bytes("c"));
                    transaction.addWriteConflictKey(bytes("q"));
                });
        writes.put(
                "read conflict",
                transaction -> {
                    transaction.addReadConflictRange(bytes("a"), bytes("c"));
                    transaction.addReadConflictKey(bytes("q"));
                    transaction.addReadConflictRange(bytes("c"), bytes("d"));
                    transaction.snapshot().addReadConflictKeyIfNotSnapshot(bytes("z"));
                    transaction.addReadConflictKeyIfNotSnapshot(bytes("y"));
                });
        writes.put(
                "read conflict over own",
                transaction -> {
                    transaction.set(bytes("b"), V);
                    transaction.clear(bytes("c"), bytes("d"));
                    transaction.mutate(MutationType.ADD, bytes("e"), long8(1));
                    transaction.addReadConflictRange(bytes("a"), bytes("z"));
                });
        writes.put(
                "stamped key",
                transaction ->
                        transaction.mutate(MutationType.SET_VERSIONSTAMPED_KEY, stamped(1, 0), V));
        writes.put(
                "stamped value",
                transaction ->
                        transaction.mutate(
                                MutationType.SET_VERSIONSTAMPED_VALUE, K, stamped(0, 0)));
        for (boolean hidden : new boolean[] {false, true}) {
            writes.forEach((name, write) -> {
                to.line("# " + name + (hidden ? ", own writes hidden" : ""));
                try (Transaction transaction = database.createTransaction()) {
                    if (hidden) {
                        transaction.options().setReadYourWritesDisable();
                    }
                    write.accept(transaction);
                    to.account(transaction);
                    to.call("commit", transaction::commit);
                }
            });
        }
    }

    private static byte[] stamped(int prefix, int behind) {
        return ByteBuffer.allocate(prefix + 10 + behind + 4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(sized(prefix, 's'))
                .putInt(prefix + 10 + behind, prefix)
                .array();
    }

    /** The longest keys and values, one more, and the size of a whole transaction. */
    static void sizes(Database database, Transcript to) {
        for (int length : new int[] {0, 10_000, 10_001, 10_002, 30_001}) {
            byte[] key = sized(length, 'k');
            one(database, to, "set " + length, transaction -> transaction.set(key, V));
            one(database, to, "clear " + length, transaction -> transaction.clear(key));
            one(database, to, "clear to " + length, transaction -> transaction.clear(K, key));
            one(
                    database,
                    to,
                    "add " + length,
                    transaction -> transaction.mutate(MutationType.ADD, key, V));
            one(
                    database,
                    to,
                    "read conflict " + length,
                    transaction -> transaction.addReadConflictKey(key));
            one(
                    database,
                    to,
                    "write conflict " + length,
                    transaction -> transaction.addWriteConflictKey(key));
            try (Transaction transaction = database.createTransaction()) {
                to.call("get " + length, () -> transaction.get(key));
                to.call(
                        "get key " + length,
                        () -> transaction.getKey(KeySelector.firstGreaterOrEqual(key)));
                to.call("range " + length, () -> transaction.getRange(key, bytes("z")).asList());
                to.conflicts(transaction);
            }
            try (Transaction transaction = database.createTransaction()) {
                CompletableFuture<Void> watch = transaction.watch(key);
                to.call("watch " + length, () -> transaction.commit());
                to.line(Transcript.soon(watch));
                watch.cancel(true);
            }
        }
        for (int length : new int[] {100_000, 100_001}) {
            byte[] value = sized(length, 'v');
            one(database, to, "value " + length, transaction -> transaction.set(K, value));
            one(
                    database,
                    to,
                    "append " + length,
                    transaction -> transaction.mutate(MutationType.APPEND_IF_FITS, K, value));
            one(
                    database,
                    to,
                    "append one more",
                    transaction -> transaction.mutate(MutationType.APPEND_IF_FITS, K, V));
        }
        wholes(database, to);
    }

    private static void one(
            Database database, Transcript to, String name, Consumer<Transaction> write) {
        try (Transaction transaction = database.createTransaction()) {
            write.accept(transaction);
            to.call(name, transaction::commit);
            to.call(" then get", () -> transaction.get(K));
        } catch (FDBException refused) {
            to.line(name + " throws " + refused.getCode());
        }
    }

    private static void wholes(Database database, Transcript to) {
        Map<String, Consumer<Transaction>> bodies = new LinkedHashMap<>();
        bodies.put("one set", transaction -> transaction.set(K, sized(50, 'v')));
        bodies.put(
                "the same set twice",
                transaction -> {
                    transaction.set(K, sized(50, 'v'));
                    transaction.set(K, sized(50, 'v'));
                });
        bodies.put(
                "two sets",
                transaction -> {
                    transaction.set(K, sized(50, 'v'));
                    transaction.set(bytes("l"), sized(50, 'v'));
                });
        bodies.put(
                "two adds",
                transaction -> {
                    transaction.mutate(MutationType.ADD, K, long8(1));
                    transaction.mutate(MutationType.ADD, K, long8(1));
                });
        bodies.put(
                "a set and a read",
                transaction -> {
                    transaction.get(bytes("other")).join();
                    transaction.set(K, V);
                });
        bodies.put("a clear", transaction -> transaction.clear(bytes("a"), bytes("m")));
        bodies.put(
                "conflicts",
                transaction -> {
                    transaction.addReadConflictRange(bytes("a"), bytes("c"));
                    transaction.addReadConflictRange(bytes("b"), bytes("d"));
                    transaction.addWriteConflictRange(bytes("a"), bytes("c"));
                });
        for (boolean hidden : new boolean[] {false, true}) {
            bodies.forEach((name, body) -> {
                int fits = 0;
                for (int limit = 32; limit <= 400 && fits == 0; limit++) {
                    if (commits(database, body, limit, hidden)) {
                        fits = limit;
                    }
                }
                to.line(name + (hidden ? ", own writes hidden" : "") + ": fits " + fits);
            });
        }
    }

    private static boolean commits(
            Database database, Consumer<Transaction> body, int limit, boolean hidden) {
        try (Transaction transaction = database.createTransaction()) {
            transaction.options().setSizeLimit(limit);
            if (hidden) {
                transaction.options().setReadYourWritesDisable();
            }
            body.accept(transaction);
            return Transcript.outcome(transaction::commit).equals("nothing");
        }
    }

    /** Every mutation on an absent, an empty, a shorter, an equal and a longer value. */
    static void mutations(Database database, Transcript to) {
        String[] present = {null, "", "\u0001", "ab", "\u00ff\u00ff", "abc", "zzzz"};
        String[] operands = {"", "\u0001", "ab", "\u00ff\u00ff", "abcd"};
        for (MutationType type : MutationType.values()) {
            if (type.name().startsWith("SET_VERSIONSTAMPED")) {
                continue;
            }
            for (String stored : present) {
                for (String operand : operands) {
                    mutation(database, to, type, stored, operand);
                }
            }
        }
    }

    private static void mutation(
            Database database,
            Transcript to,
            MutationType type,
            @Nullable String stored,
            String operand) {
        database.run(transaction -> {
            transaction.clear(K);
            if (stored != null) {
                transaction.set(K, bytes(stored));
            }
            return true;
        });
        StringBuilder line = new StringBuilder(type + " ");
        line.append(stored == null ? "nothing" : key(bytes(stored)));
        line.append(" with ").append(key(bytes(operand))).append(" ->");
        try (Transaction transaction = database.createTransaction()) {
            transaction.mutate(type, K, bytes(operand));
            line.append(' ').append(Transcript.outcome(() -> transaction.get(K)));
            line.append(' ').append(Transcript.outcome(transaction::commit));
        }
        line.append(' ').append(key(database.read(reader -> reader.get(K).join())));
        try (Transaction transaction = database.createTransaction()) {
            transaction.clear(K);
            if (stored != null) {
                transaction.set(K, bytes(stored));
            }
            transaction.mutate(type, K, bytes(operand));
            transaction.mutate(type, K, bytes("ab"));
            line.append(' ').append(Transcript.outcome(() -> transaction.get(K)));
        }
        to.line(line.toString());
    }
}
