package dev.holdfast.embeddedfdb.transcripts;

import static dev.holdfast.embeddedfdb.transcripts.Transcript.bytes;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.FDBException;
import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.MutationType;
import com.apple.foundationdb.StreamingMode;
import com.apple.foundationdb.Transaction;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Options, versions and the life of a transaction. */
@SuppressWarnings("FutureReturnValueIgnored") // the transcript waits for what it is given
final class LifeScenarios {
    private static final byte[] K = bytes("k");
    private static final byte[] V = bytes("v");

    private LifeScenarios() {}

    private static byte[] long8(long value) {
        return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    }

    /** Every option's code with nothing, a number, and something that is wrong. */
    static void options(Database database, Transcript to) {
        List<Integer> codes =
                List.of(
                        10, 20, 21, 23, 30, 40, 50, 51, 52, 110, 120, 130, 200, 201, 300, 301, 302,
                        303, 400, 401, 402, 403, 404, 405, 406, 500, 501, 502, 503, 504, 505, 600,
                        601, 700, 701, 702, 710, 711, 712, 713, 714, 800, 801, 900, 999, 1000, 1100,
                        1101, 1102, 2_000);
        Map<String, byte[]> parameters = new LinkedHashMap<>();
        parameters.put("none", new byte[0]);
        parameters.put("-2", long8(-2));
        parameters.put("-1", long8(-1));
        parameters.put("0", long8(0));
        parameters.put("31", long8(31));
        parameters.put("100000", long8(100_000));
        parameters.put("10000001", long8(10_000_001));
        parameters.put("2^31", long8(1L << 31));
        parameters.put("text", bytes("text"));
        for (int code : codes) {
            parameters.forEach((name, parameter) -> {
                try (Transaction transaction = database.createTransaction()) {
                    to.call(
                            "option " + code + " " + name,
                            () -> {
                                transaction
                                        .options()
                                        .getOptionConsumer()
                                        .setOption(code, parameter);
                                return transaction.get(K);
                            });
                }
            });
        }
    }

    /** Chosen read versions, good and bad, and what commits tell of theirs. */
    static void versions(Database database, Transcript to) {
        long old = database.run(transaction -> transaction.getReadVersion().join());
        database.run(transaction -> {
            transaction.set(K, V);
            return true;
        });
        for (long version : new long[] {Long.MIN_VALUE, -1, 0, 1, old, Long.MAX_VALUE - 1}) {
            try (Transaction transaction = database.createTransaction()) {
                String name = version == old ? "old" : Long.toString(version);
                to.call(
                        "version " + name,
                        () -> {
                            transaction.setReadVersion(version);
                            return transaction.get(K);
                        });
                to.call(" known", () -> transaction.getReadVersion().join() == version);
                transaction.set(bytes("l"), V);
                to.call(" commit", transaction::commit);
            }
        }
        try (Transaction transaction = database.createTransaction()) {
            transaction.setReadVersion(old + 100_000_000_000L);
            to.call("future", () -> transaction.get(K));
            to.call("on error", () -> transaction.onError(new FDBException("", 1009)) != null);
        }
        try (Transaction transaction = database.createTransaction()) {
            transaction.setReadVersion(old + 100_000_000_000L);
            transaction.set(K, V);
            to.call("blind commit at a future version", transaction::commit);
        }
        try (Transaction transaction = database.createTransaction()) {
            transaction.setReadVersion(1);
            transaction.set(K, V);
            to.call("blind commit at an old version", transaction::commit);
            to.call(" newer", () -> transaction.getCommittedVersion() > old);
        }
        try (Transaction transaction = database.createTransaction()) {
            transaction.setReadVersion(1);
            transaction.set(K, V);
            transaction.addReadConflictKey(K);
            to.call("checked commit at an old version", transaction::commit);
        }
        try (Transaction transaction = database.createTransaction()) {
            transaction.setReadVersion(old);
            to.call(
                    "twice",
                    () -> {
                        transaction.setReadVersion(old);
                        return transaction.get(K);
                    });
        }
        try (Transaction transaction = database.createTransaction()) {
            transaction.getReadVersion().join();
            to.call(
                    "after the read version",
                    () -> {
                        transaction.setReadVersion(old);
                        return transaction.get(K);
                    });
        }
        committed(database, to);
    }

    private static void committed(Database database, Transcript to) {
        try (Transaction transaction = database.createTransaction()) {
            to.call("before the commit", transaction::getCommittedVersion);
            CompletableFuture<byte[]> stamp = transaction.getVersionstamp();
            transaction.get(K).join();
            to.call("read only commit", transaction::commit);
            to.call(" version", transaction::getCommittedVersion);
            to.call(" stamp", () -> stamp);
            to.call(" stamp after", transaction::getVersionstamp);
        }
        try (Transaction transaction = database.createTransaction()) {
            CompletableFuture<byte[]> stamp = transaction.getVersionstamp();
            transaction.addWriteConflictKey(K);
            to.call("commit of a conflict range", transaction::commit);
            to.call(" positive", () -> transaction.getCommittedVersion() > 0);
            to.call(
                    " stamp",
                    () -> {
                        ByteBuffer bytes = ByteBuffer.wrap(stamp.join());
                        return bytes.getLong() == transaction.getCommittedVersion();
                    });
        }
        try (Transaction loser = database.createTransaction()) {
            CompletableFuture<byte[]> stamp = loser.getVersionstamp();
            loser.get(K).join();
            database.run(transaction -> {
                transaction.set(K, bytes("winner"));
                return true;
            });
            loser.set(bytes("l"), V);
            to.call("conflict", loser::commit);
            to.call(" version", loser::getCommittedVersion);
            to.call(" stamp", () -> stamp);
        }
    }

    /** Uses after a commit, a cancellation, a refusal and a close. */
    static void lives(Database database, Transcript to) {
        Map<String, Consumer<Transaction>> ends = new LinkedHashMap<>();
        ends.put("read only commit", transaction -> transaction.commit().join());
        ends.put(
                "commit",
                transaction -> {
                    transaction.set(K, V);
                    transaction.commit().join();
                });
        ends.put("cancel", Transaction::cancel);
        ends.put("refused write", transaction -> transaction.set(bytes("\u00ff"), V));
        ends.put("inverted clear", transaction -> transaction.clear(bytes("b"), bytes("a")));
        ends.put(
                "failed read",
                transaction -> {
                    transaction.mutate(MutationType.SET_VERSIONSTAMPED_VALUE, K, new byte[14]);
                    Transcript.outcome(() -> transaction.get(K));
                });
        ends.put("close", Transaction::close);
        Map<String, Use> uses = new LinkedHashMap<>();
        uses.put("get", transaction -> transaction.get(K));
        uses.put("get illegal", transaction -> transaction.get(bytes("\u00ff\u0001")));
        uses.put(
                "get key",
                transaction -> transaction.getKey(KeySelector.firstGreaterOrEqual(K)) != null);
        uses.put("range", transaction -> transaction.getRange(bytes("a"), bytes("b")).asList());
        uses.put(
                "inverted range",
                transaction -> transaction.getRange(bytes("b"), bytes("a")).asList());
        uses.put(
                "exact without limit",
                transaction ->
                        transaction
                                .getRange(bytes("a"), bytes("b"), 0, false, StreamingMode.EXACT)
                                .asList());
        uses.put("read version", transaction -> transaction.getReadVersion().join() > 0);
        uses.put(
                "set",
                transaction -> {
                    transaction.set(K, V);
                    return transaction.get(K);
                });
        uses.put(
                "option",
                transaction -> {
                    transaction.options().setTimeout(100_000);
                    return transaction.get(K);
                });
        uses.put(
                "conflict key",
                transaction -> {
                    transaction.addReadConflictKey(K);
                    return "added";
                });
        uses.put("size", Transaction::getApproximateSize);
        uses.put("committed", transaction -> transaction.getCommittedVersion() > 0);
        uses.put(
                "watch",
                transaction -> {
                    return Transcript.soon(transaction.watch(K));
                });
        uses.put(
                "estimate",
                transaction -> transaction.getEstimatedRangeSizeBytes(bytes("a"), bytes("b")));
        uses.put(
                "stamp",
                transaction ->
                        Transcript.soon(transaction.getVersionstamp()).length() > 20
                                ? "stamp"
                                : Transcript.soon(transaction.getVersionstamp()));
        uses.put(
                "on error",
                transaction ->
                        transaction.onError(new FDBException("", 1020)).thenApply(next -> "again"));
        uses.put(
                "on fatal error",
                transaction ->
                        transaction.onError(new FDBException("", 2000)).thenApply(next -> "again"));
        uses.put("commit", Transaction::commit);
        ends.forEach((end, ending) ->
                uses.forEach((use, using) -> {
                    Transaction transaction = database.createTransaction();
                    try {
                        ending.accept(transaction);
                        to.call(end + ", " + use, () -> using.of(transaction));
                        to.call("  commit", transaction::commit);
                    } catch (RuntimeException failure) {
                        to.line(end + " throws " + failure.getClass().getSimpleName());
                    } finally {
                        transaction.close();
                    }
                }));
    }

    private interface Use {
        Object of(Transaction transaction) throws Exception;
    }

    /** Which errors are tried again. */
    static void retries(Database database, Transcript to) {
        for (int code = 1_000; code < 2_500; code++) {
            int error = code;
            try (Transaction transaction = database.createTransaction()) {
                transaction.options().setMaxRetryDelay(0);
                String outcome =
                        Transcript.outcome(() -> {
                            Transaction next =
                                    transaction.onError(new FDBException("", error)).join();
                            next.close();
                            return "again";
                        });
                if (!outcome.equals("error " + error)) {
                    to.line(error + " -> " + outcome);
                }
            }
        }
    }
}
