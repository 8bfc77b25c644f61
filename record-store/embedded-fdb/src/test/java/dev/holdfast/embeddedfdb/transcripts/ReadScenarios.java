package dev.holdfast.embeddedfdb.transcripts;

import static dev.holdfast.embeddedfdb.transcripts.Transcript.bytes;
import static dev.holdfast.embeddedfdb.transcripts.Transcript.key;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.MutationType;
import com.apple.foundationdb.ReadTransaction;
import com.apple.foundationdb.StreamingMode;
import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.tuple.ByteArrayUtil;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Reads by seed: every kind, over own writes of every kind, with what they are checked for. Their
 * size is left out: a real client counts a range once for each part it finds in its cache.
 */
@SuppressWarnings("FutureReturnValueIgnored") // the transcript waits for what it is given
final class ReadScenarios {
    private static final List<String> KEYS =
            List.of("a", "b", "ba", "c", "ca", "d", "e", "ea", "f", "g");
    private static final StreamingMode[] MODES = {
        StreamingMode.WANT_ALL, StreamingMode.EXACT, StreamingMode.ITERATOR, StreamingMode.SMALL
    };
    private static final MutationType[] MUTATIONS = {
        MutationType.ADD,
        MutationType.BIT_AND,
        MutationType.BYTE_MAX,
        MutationType.MIN,
        MutationType.APPEND_IF_FITS,
        MutationType.COMPARE_AND_CLEAR,
    };

    /** Here the client learns from its cache that a walk ends before it meets an unreadable key. */
    private static final long DEPENDS_ON_CACHE = 209;

    private final Random random;
    private final Transcript to;

    private ReadScenarios(Random random, Transcript to) {
        this.random = random;
        this.to = to;
    }

    /** Plain transactions. */
    static void ofTransactions(Database database, Transcript to) {
        play(database, to, 300, 1, 0);
    }

    /** With the own writes hidden. */
    static void withoutOwnWrites(Database database, Transcript to) {
        play(database, to, 120, 1_000_001, 1);
    }

    /** Snapshot reads that do not see the own writes. */
    static void ofSnapshots(Database database, Transcript to) {
        play(database, to, 80, 2_000_001, 2);
    }

    private static void play(Database database, Transcript to, int count, long seed, int kind) {
        for (int i = 0; i < count; i++) {
            if (seed + i == DEPENDS_ON_CACHE) {
                continue;
            }
            ReadScenarios scenario = new ReadScenarios(new Random(seed + i), to);
            to.line("# " + (seed + i));
            if (i % 20 == 0) {
                scenario.store(database);
            }
            try (Transaction transaction = database.createTransaction()) {
                scenario.transaction(transaction, kind);
            }
        }
    }

    private void store(Database database) {
        List<String> stored = new ArrayList<>();
        for (String name : KEYS) {
            if (random.nextInt(10) < 6) {
                stored.add(name);
            }
        }
        to.line("stored " + stored);
        database.run(transaction -> {
            transaction.clear(new byte[0], Transcript.END);
            stored.forEach(name -> transaction.set(bytes(name), bytes("<" + name + ">")));
            return true;
        });
    }

    private void transaction(Transaction transaction, int kind) {
        if (kind == 1) {
            transaction.options().setReadYourWritesDisable();
        } else if (kind == 2) {
            transaction.options().setSnapshotRywDisable();
        }
        int steps = 1 + random.nextInt(7);
        for (int i = 0; i < steps; i++) {
            if (random.nextInt(2) == 0) {
                write(transaction);
            } else {
                read(transaction);
            }
        }
        read(transaction);
        to.conflicts(transaction);
    }

    private byte[] one() {
        return bytes(KEYS.get(random.nextInt(KEYS.size())));
    }

    private void write(Transaction transaction) {
        byte[] key = one();
        switch (random.nextInt(9)) {
            case 0, 1, 2 -> {
                to.line("set " + key(key));
                transaction.set(key, bytes("own"));
            }
            case 3 -> {
                to.line("clear " + key(key));
                transaction.clear(key);
            }
            case 4, 5 -> {
                byte[] end = one();
                if (ByteArrayUtil.compareUnsigned(key, end) < 0) {
                    to.line("clear " + key(key) + " to " + key(end));
                    transaction.clear(key, end);
                }
            }
            case 6 -> {
                if (random.nextInt(4) == 0) {
                    to.line("stamp value " + key(key));
                    transaction.mutate(MutationType.SET_VERSIONSTAMPED_VALUE, key, new byte[14]);
                } else {
                    byte[] end = one();
                    if (ByteArrayUtil.compareUnsigned(key, end) < 0) {
                        to.line("add conflict " + key(key) + " to " + key(end));
                        transaction.addReadConflictRange(key, end);
                    }
                }
            }
            default -> {
                MutationType type = MUTATIONS[random.nextInt(MUTATIONS.length)];
                to.line(type + " " + key(key));
                transaction.mutate(type, key, bytes("<x>"));
            }
        }
    }

    private KeySelector selector(boolean plain) {
        int offset = plain ? 1 : random.nextInt(8) - 3;
        return new KeySelector(one(), !plain && random.nextBoolean(), offset);
    }

    private static String name(KeySelector selector) {
        return key(selector.getKey())
                + (selector.orEqual() ? "+" : "")
                + "@"
                + selector.getOffset();
    }

    private void read(Transaction transaction) {
        boolean atSnapshot = random.nextInt(4) == 0;
        ReadTransaction reader = atSnapshot ? transaction.snapshot() : transaction;
        String how = atSnapshot ? "snapshot " : "";
        switch (random.nextInt(5)) {
            case 0 -> {
                byte[] key = one();
                to.call(how + "get " + key(key), () -> reader.get(key));
            }
            case 1 -> {
                KeySelector selector = selector(false);
                to.call(how + "key " + name(selector), () -> reader.getKey(selector));
            }
            default -> range(reader, how);
        }
    }

    private void range(ReadTransaction reader, String how) {
        boolean plain = random.nextInt(3) > 0;
        KeySelector begin = selector(plain);
        KeySelector end = selector(plain);
        int limit = random.nextInt(2) * (1 + random.nextInt(4));
        boolean reverse = random.nextBoolean();
        StreamingMode mode = MODES[random.nextInt(MODES.length)];
        boolean stepwise = random.nextInt(4) == 0;
        String name =
                how
                        + (stepwise ? "rows " : "range ")
                        + name(begin)
                        + " "
                        + name(end)
                        + (limit > 0 ? " limit " + limit : "")
                        + (reverse ? " reverse " : " ")
                        + mode;
        to.call(
                name,
                () -> {
                    var rows = reader.getRange(begin, end, limit, reverse, mode);
                    if (!stepwise) {
                        return rows.asList();
                    }
                    List<KeyValue> found = new ArrayList<>();
                    rows.forEach(found::add);
                    return found;
                });
    }
}
