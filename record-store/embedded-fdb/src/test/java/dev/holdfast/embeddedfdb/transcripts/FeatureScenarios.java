package dev.holdfast.embeddedfdb.transcripts;

import static dev.holdfast.embeddedfdb.transcripts.Transcript.bytes;
import static dev.holdfast.embeddedfdb.transcripts.Transcript.key;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.LocalityUtil;
import com.apple.foundationdb.MappedKeyValue;
import com.apple.foundationdb.ReadTransaction;
import com.apple.foundationdb.StreamingMode;
import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.async.AsyncUtil;
import com.apple.foundationdb.tuple.Tuple;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Mapped ranges, watches and sizes. */
@SuppressWarnings("FutureReturnValueIgnored") // the transcript waits for what it is given
final class FeatureScenarios {
    private static final byte[] K = bytes("k");
    private static final byte[] V = bytes("v");

    private FeatureScenarios() {}

    /**
     * Mapped ranges: what they give, what they refuse, what they are checked for. A mapper for
     * every key ({@code {...}} alone) is left out: it ends a real storage server.
     */
    static void mappedRanges(Database database, Transcript to) {
        database.run(transaction -> {
            for (long i = 0; i < 4; i++) {
                transaction.set(Tuple.from("i", i, "x" + i).pack(), Tuple.from("id" + i, i).pack());
                if (i != 2) {
                    transaction.set(Tuple.from("r", "id" + i).pack(), bytes("whole" + i));
                    transaction.set(Tuple.from("r", "id" + i, 0L).pack(), bytes("a" + i));
                    transaction.set(Tuple.from("r", "id" + i, 1L).pack(), bytes("b" + i));
                }
            }
            transaction.set(Tuple.from("i", 9L).pack(), bytes("\u0001not a tuple"));
            return true;
        });
        List<Tuple> mappers =
                List.of(
                        Tuple.from("r", "{V[0]}"),
                        Tuple.from("r", "{V[0]}", "{...}"),
                        Tuple.from("r", "{V[0]}", 0L),
                        Tuple.from("r", "{K[2]}", "{...}"),
                        Tuple.from("r", "{K[1]}"),
                        Tuple.from("r", "{K[9]}"),
                        Tuple.from("r", "{V[9]}"),
                        Tuple.from("r", "{V[x]}"),
                        Tuple.from("r", "{K[]}"),
                        Tuple.from("r", "{...}", "x"),
                        Tuple.from("r", "{V[-1]}"),
                        Tuple.from("r", "{V[0x]}"),
                        Tuple.from("r", "{{K[0]}}"),
                        Tuple.from("r", "{{...}}"),
                        Tuple.from("r", "{x}"),
                        Tuple.from("r", bytes("{K[0]}")),
                        Tuple.from("r"),
                        new Tuple());
        for (Tuple mapper : mappers) {
            for (int limit : new int[] {0, 2}) {
                try (Transaction transaction = database.createTransaction()) {
                    to.call(
                            "map " + mapper + " limit " + limit,
                            () -> mapped(transaction, mapper.pack(), limit, false));
                    to.account(transaction);
                    to.call("  commit", transaction::commit);
                }
            }
        }
        mappedRefusals(database, to);
    }

    private static String mapped(ReadTransaction reader, byte[] mapper, int limit, boolean reverse)
            throws Exception {
        List<MappedKeyValue> rows =
                reader.getMappedRange(
                                KeySelector.firstGreaterOrEqual(Tuple.from("i", 0L).pack()),
                                KeySelector.firstGreaterOrEqual(Tuple.from("i", 5L).pack()),
                                mapper,
                                limit,
                                reverse,
                                StreamingMode.WANT_ALL)
                        .asList()
                        .get(Transcript.PATIENCE_SECONDS, TimeUnit.SECONDS);
        List<String> shown = new ArrayList<>();
        for (MappedKeyValue row : rows) {
            shown.add(
                    key(row.getKey())
                            + " "
                            + key(row.getRangeBegin())
                            + " "
                            + key(row.getRangeEnd())
                            + " "
                            + Transcript.shown(row.getRangeResult()));
        }
        return shown.toString();
    }

    private static void mappedRefusals(Database database, Transcript to) {
        byte[] mapper = Tuple.from("r", "{V[0]}", "{...}").pack();
        List<Consumer<Transaction>> before =
                List.of(
                        transaction -> {},
                        transaction -> transaction.set(Tuple.from("r", "id1", 1L).pack(), V),
                        transaction -> transaction.set(Tuple.from("r", "id9").pack(), V),
                        transaction -> transaction.set(Tuple.from("i", 1L).pack(), V),
                        transaction -> transaction.clear(Tuple.from("i", 1L).range()),
                        transaction -> transaction.set(Tuple.from("i", 7L).pack(), V),
                        transaction -> transaction.options().setReadYourWritesDisable(),
                        transaction -> transaction.options().setSnapshotRywDisable());
        for (int i = 0; i < before.size(); i++) {
            Consumer<Transaction> prepare = before.get(i);
            for (boolean reverse : new boolean[] {false, true}) {
                try (Transaction transaction = database.createTransaction()) {
                    prepare.accept(transaction);
                    to.call(
                            "prepared " + i + " reverse " + reverse,
                            () -> mapped(transaction, mapper, 0, reverse));
                    to.call("  snapshot", () -> mapped(transaction.snapshot(), mapper, 0, reverse));
                    to.call("  no tuple", () -> mapped(transaction, bytes("\u0099"), 0, reverse));
                    to.conflicts(transaction);
                    to.call("  commit", transaction::commit);
                }
            }
        }
    }

    /** When watches fire and when they fail. */
    static void watches(Database database, Transcript to) {
        for (String stored : new String[] {null, "1"}) {
            for (String own : new String[] {null, "1", "2"}) {
                for (boolean writeFirst : new boolean[] {false, true}) {
                    watch(database, to, stored, own, writeFirst);
                }
            }
        }
        List<Consumer<Transaction>> ends =
                List.of(Transaction::close, Transaction::cancel, transaction -> {});
        for (int i = 0; i < ends.size(); i++) {
            Transaction transaction = database.createTransaction();
            CompletableFuture<Void> watch = transaction.watch(K);
            transaction.get(K).join();
            ends.get(i).accept(transaction);
            to.call("watch ended " + i, () -> Transcript.soon(watch));
            transaction.close();
        }
        for (byte[] key : List.of(bytes("\u00ff"), bytes("\u00ff/x"), bytes("\u00ff\u00ff/x"))) {
            try (Transaction transaction = database.createTransaction()) {
                CompletableFuture<Void> watch = transaction.watch(key);
                to.call("watch " + key(key), () -> watch);
                to.call("  commit", transaction::commit);
            }
        }
        try (Transaction transaction = database.createTransaction()) {
            transaction.options().setReadYourWritesDisable();
            to.call("own writes hidden", () -> transaction.watch(K));
            to.call("  commit", transaction::commit);
        }
    }

    private static void watch(
            Database database,
            Transcript to,
            @Nullable String stored,
            @Nullable String own,
            boolean writeFirst) {
        database.run(transaction -> {
            transaction.clear(K);
            if (stored != null) {
                transaction.set(K, bytes(stored));
            }
            return true;
        });
        String name = "stored " + stored + (writeFirst ? " wrote " : " then wrote ") + own;
        try (Transaction transaction = database.createTransaction()) {
            if (writeFirst) {
                write(transaction, own);
            }
            CompletableFuture<Void> watch = transaction.watch(K);
            transaction.get(bytes("elsewhere")).join();
            if (!writeFirst) {
                write(transaction, own);
            }
            boolean changes = !writeFirst && !Objects.equals(stored, own);
            to.call(name, () -> changes ? watch : watch.isDone() ? "done" : "pending");
            to.account(transaction);
            to.call("  commit", transaction::commit);
            to.call("  after", () -> watch.isDone() ? "done" : "pending");
            set(database, bytes("other"));
            to.call("  changed", () -> watch);
        }
    }

    private static void write(Transaction transaction, @Nullable String own) {
        if (own == null) {
            transaction.clear(K);
        } else {
            transaction.set(K, bytes(own));
        }
    }

    private static void set(Database database, byte[] value) {
        database.run(transaction -> {
            transaction.set(K, value);
            return true;
        });
    }

    /**
     * Size estimates and split points where they can be the same, and their refusals. Empty ranges
     * and ranges behind the key space are left out: they end a process with the native client.
     */
    static void measures(Database database, Transcript to) {
        byte[][][] ranges = {
            {bytes("a"), bytes("b")},
            {bytes("b"), bytes("a")},
            {bytes("a"), bytes("\u00ff")},
            {bytes("a"), bytes("\u00ff\u0001")},
            {bytes("a"), bytes("\u00ff\u00ff")},
        };
        for (byte[][] range : ranges) {
            String name = key(range[0]) + " " + key(range[1]);
            try (Transaction transaction = database.createTransaction()) {
                to.call(
                        "estimate " + name,
                        () ->
                                transaction.getEstimatedRangeSizeBytes(range[0], range[1]).join()
                                        >= 0);
                for (long size : new long[] {-1, 0, 1, 100}) {
                    to.call(
                            "split " + name + " by " + size,
                            () -> transaction.getRangeSplitPoints(range[0], range[1], size));
                }
                to.account(transaction);
            }
        }
        to.call(
                "boundaries",
                () -> {
                    List<byte[]> keys =
                            AsyncUtil.collectRemaining(
                                            LocalityUtil.getBoundaryKeys(
                                                    database, bytes("a"), bytes("b")))
                                    .join();
                    return keys.size();
                });
    }
}
