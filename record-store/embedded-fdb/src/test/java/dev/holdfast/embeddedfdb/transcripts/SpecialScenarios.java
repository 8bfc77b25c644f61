package dev.holdfast.embeddedfdb.transcripts;

import static dev.holdfast.embeddedfdb.transcripts.Transcript.bytes;
import static dev.holdfast.embeddedfdb.transcripts.Transcript.key;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.MutationType;
import com.apple.foundationdb.ReadTransaction;
import com.apple.foundationdb.Transaction;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Consumer;

/** Special and system keys, and versionstamps. */
@SuppressWarnings("FutureReturnValueIgnored") // the transcript waits for what it is given
final class SpecialScenarios {
    private static final byte[] K = bytes("k");
    private static final byte[] V = bytes("v");

    private SpecialScenarios() {}

    private static byte[] special(String path) {
        return bytes("\u00ff\u00ff" + path);
    }

    /** Reads and writes under two 0xff bytes, within modules, across them and beside them. */
    static void specialKeys(Database database, Transcript to) {
        List<String> keys =
                List.of(
                        "",
                        "/",
                        "/nothing",
                        "/status",
                        "/status/json",
                        "/status/json2",
                        "/cluster_file_path",
                        "/connection_string",
                        "/error_message",
                        "/transaction/",
                        "/transaction/read_conflict_range/k",
                        "/transaction/write_conflict_range/k",
                        "/transaction/conflicting_keys/k",
                        "/management/nothing",
                        "/tracing/transaction_id",
                        "\u00ff");
        for (String path : keys) {
            for (boolean relaxed : new boolean[] {false, true}) {
                try (Transaction transaction = database.createTransaction()) {
                    if (relaxed) {
                        transaction.options().setSpecialKeySpaceRelaxed();
                    }
                    String name = path + (relaxed ? " relaxed" : "");
                    boolean told = path.startsWith("/cluster") || path.startsWith("/conn");
                    boolean text = told || path.equals("/status/json") || path.contains("tracing");
                    to.call(
                            "get " + name,
                            () -> {
                                byte[] value = transaction.get(special(path)).join();
                                return text && value != null ? "text" : value;
                            });
                    to.call(
                            "set " + name,
                            () -> {
                                transaction.set(special(path), V);
                                return transaction.get(K);
                            });
                }
                try (Transaction transaction = database.createTransaction()) {
                    to.call(
                            "clear " + path,
                            () -> {
                                transaction.clear(special(path));
                                return transaction.get(K);
                            });
                }
            }
        }
        modules(database, to);
        conflicts(database, to);
    }

    private static void modules(Database database, Transcript to) {
        List<String> bounds =
                List.of(
                        "/error_message",
                        "/transaction/",
                        "/transaction/read_conflict_range/",
                        "/transaction/read_conflict_range/b",
                        "/transaction/read_conflict_range/q",
                        "/transaction/read_conflict_range/\u00ff\u00ff",
                        "/transaction/read_conflict_range0",
                        "/transaction/write_conflict_range/",
                        "/transaction/write_conflict_range/\u00ff\u00ff",
                        "\u00ff");
        for (String begin : bounds) {
            for (String end : bounds) {
                try (Transaction transaction = database.createTransaction()) {
                    transaction.addReadConflictRange(bytes("a"), bytes("c"));
                    transaction.addReadConflictKey(bytes("p"));
                    transaction.addWriteConflictKey(bytes("w"));
                    for (boolean reverse : new boolean[] {false, true}) {
                        for (int limit : new int[] {0, 2}) {
                            to.call(
                                    "range " + begin + " " + end + " " + limit + " " + reverse,
                                    () ->
                                            transaction
                                                    .getRange(
                                                            special(begin),
                                                            special(end),
                                                            limit,
                                                            reverse)
                                                    .asList());
                        }
                    }
                }
            }
        }
        try (Transaction transaction = database.createTransaction()) {
            transaction.addReadConflictRange(bytes("a"), bytes("c"));
            transaction.addReadConflictKey(bytes("p"));
            byte[] module = special("/transaction/read_conflict_range/");
            byte[] last = special("/transaction/read_conflict_range/\u00ff\u00ff");
            for (int from = -2; from < 4; from++) {
                for (int until = -2; until < 4; until++) {
                    KeySelector begin = new KeySelector(module, false, from);
                    KeySelector end = new KeySelector(last, false, until);
                    to.call(
                            "selectors " + from + " " + until,
                            () -> transaction.getRange(begin, end).asList());
                }
                KeySelector one = new KeySelector(module, false, from);
                to.call("key " + from, () -> transaction.getKey(one));
            }
        }
    }

    private static void conflicts(Database database, Transcript to) {
        for (boolean report : new boolean[] {false, true}) {
            try (Transaction loser = database.createTransaction()) {
                if (report) {
                    loser.options().setReportConflictingKeys();
                }
                loser.get(bytes("a")).join();
                loser.getRange(bytes("c"), bytes("m")).asList().join();
                loser.get(bytes("z")).join();
                database.run(transaction -> {
                    transaction.set(bytes("a"), V);
                    transaction.set(bytes("d"), V);
                    return true;
                });
                loser.set(bytes("x"), V);
                to.call("conflict", loser::commit);
                to.call("conflicting", () -> Transcript.module(loser, "conflicting_keys"));
                to.account(loser);
            }
        }
    }

    /** Keys under one 0xff byte. */
    static void systemKeys(Database database, Transcript to) {
        Consumer<Transaction> none = transaction -> {};
        Consumer<Transaction> reading = transaction -> transaction.options().setReadSystemKeys();
        Consumer<Transaction> all = transaction -> transaction.options().setAccessSystemKeys();
        byte[] key = bytes("\u00ff/holdfast");
        for (Consumer<Transaction> option : List.of(none, reading, all)) {
            try (Transaction transaction = database.createTransaction()) {
                option.accept(transaction);
                to.call("get", () -> transaction.get(key));
                to.call("get end", () -> transaction.get(Transcript.END));
                to.call(
                        "key at the end",
                        () ->
                                transaction.getKey(KeySelector.firstGreaterOrEqual(Transcript.END))
                                        != null);
                to.call(
                        "key behind",
                        () ->
                                transaction.getKey(KeySelector.firstGreaterThan(Transcript.END))
                                        != null);
                to.call(
                        "range",
                        () -> transaction.getRange(key, bytes("\u00ff/holdfasu")).asList());
                to.call(
                        "range behind",
                        () -> transaction.getRange(key, bytes("\u00ff\u00ff\u0001"), 1).asList());
                to.call(
                        "metadata",
                        () -> {
                            byte[] version =
                                    transaction.get(bytes("\u00ff/metadataVersion")).join();
                            return version == null ? "none" : version.length;
                        });
                transaction.set(key, V);
                to.call("set", () -> transaction.get(K));
                transaction.clear(key);
                to.call("commit", transaction::commit);
            }
        }
        metadata(database, to);
    }

    private static void metadata(Database database, Transcript to) {
        byte[] key = bytes("\u00ff/metadataVersion");
        for (byte[] operand : List.of(new byte[14], new byte[13], stamped(0, 1), V)) {
            try (Transaction transaction = database.createTransaction()) {
                transaction.mutate(MutationType.SET_VERSIONSTAMPED_VALUE, key, operand);
                to.call("stamp with " + operand.length, () -> transaction.get(key));
                to.call("  again", () -> transaction.get(K));
                to.account(transaction);
                to.call("  commit", transaction::commit);
            }
        }
        try (Transaction transaction = database.createTransaction()) {
            transaction.addReadConflictKey(key);
            to.call("conflict key", transaction::commit);
        }
        try (Transaction transaction = database.createTransaction()) {
            transaction.addWriteConflictKey(key);
            to.call("write conflict key", transaction::commit);
        }
        try (Transaction transaction = database.createTransaction()) {
            to.call("length", () -> transaction.get(key).join().length);
            to.account(transaction);
            transaction.clear(key);
            to.call("clear", transaction::commit);
        }
    }

    private static byte[] stamped(int offset, int length) {
        return ByteBuffer.allocate(length + 4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(length, offset)
                .array();
    }

    /** Offsets of versionstamps, good and bad, and what cannot be read until the commit. */
    static void versionstamps(Database database, Transcript to) {
        for (MutationType type :
                List.of(
                        MutationType.SET_VERSIONSTAMPED_KEY,
                        MutationType.SET_VERSIONSTAMPED_VALUE)) {
            boolean inKey = type == MutationType.SET_VERSIONSTAMPED_KEY;
            for (int length : new int[] {0, 1, 9, 10, 11, 14}) {
                for (int offset : new int[] {-1, 0, 1, 4, 5, 1 << 30, Integer.MIN_VALUE}) {
                    byte[] parameter = stamped(offset, length);
                    try (Transaction transaction = database.createTransaction()) {
                        transaction.mutate(type, inKey ? parameter : K, inKey ? V : parameter);
                        to.call(type + " " + length + " " + offset, () -> transaction.get(V));
                        to.call("  own", () -> transaction.get(K));
                        to.call("  size", transaction::getApproximateSize);
                        to.call("  commit", transaction::commit);
                    }
                }
            }
            try (Transaction transaction = database.createTransaction()) {
                transaction.mutate(type, inKey ? bytes("abc") : K, inKey ? V : bytes("abc"));
                to.call(type + " without offset", transaction::commit);
            }
        }
        unreadable(database, to);
        database.run(transaction -> {
            transaction.clear(new byte[0], Transcript.END);
            return true;
        });
    }

    private static byte[] stampedKey() {
        return ByteBuffer.allocate(17)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(bytes("s/"))
                .put(12, (byte) 't')
                .putInt(13, 2)
                .array();
    }

    private static void unreadable(Database database, Transcript to) {
        for (boolean bypass : new boolean[] {false, true}) {
            try (Transaction transaction = database.createTransaction()) {
                if (bypass) {
                    transaction.options().setBypassUnreadable();
                }
                transaction.set(bytes("b"), V);
                transaction.mutate(MutationType.SET_VERSIONSTAMPED_KEY, stampedKey(), V);
                transaction.mutate(MutationType.SET_VERSIONSTAMPED_VALUE, K, new byte[14]);
                to.line("# bypass " + bypass);
                ReadTransaction snapshot = transaction.snapshot();
                to.call("get k", () -> transaction.get(K));
                to.call("snapshot get k", () -> snapshot.get(K));
                to.call(
                        "range a to k",
                        () -> transaction.getRange(bytes("a"), bytes("k")).asList());
                to.call(
                        "range a to l",
                        () -> transaction.getRange(bytes("a"), bytes("l")).asList());
                to.call(
                        "range a to l limit 1",
                        () -> transaction.getRange(bytes("a"), bytes("l"), 1).asList());
                to.call(
                        "range l to s",
                        () -> transaction.getRange(bytes("l"), bytes("s")).asList());
                to.call(
                        "reverse a to z",
                        () -> transaction.getRange(bytes("a"), bytes("z"), 1, true).asList());
                to.call(
                        "key after s",
                        () -> transaction.getKey(KeySelector.firstGreaterOrEqual(bytes("t"))));
                transaction.set(K, bytes("own"));
                to.call("set k", () -> transaction.get(K));
                transaction.clear(K);
                to.call("clear k", () -> transaction.get(K));
                transaction.set(K, bytes("own"));
                to.call("set k again", () -> transaction.get(K));
                transaction.mutate(MutationType.ADD, K, bytes("\u0001"));
                to.call("add k", () -> transaction.get(K));
                to.call("size", transaction::getApproximateSize);
            }
        }
    }
}
