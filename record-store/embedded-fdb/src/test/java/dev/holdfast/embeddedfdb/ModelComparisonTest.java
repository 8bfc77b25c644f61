package dev.holdfast.embeddedfdb;

import static org.assertj.core.api.Assertions.assertThat;

import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.MutationType;
import com.apple.foundationdb.ReadTransaction;
import com.apple.foundationdb.StreamingMode;
import com.apple.foundationdb.Transaction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Random transactions, several open at once, against an ordered map. Every read must see the state
 * at the transaction's version under its own writes; every transaction that commits must have read
 * what it would read at its place in the order of commits; and one that is alone must commit.
 */
final class ModelComparisonTest {
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

    private static final List<StreamingMode> MODES = List.of(StreamingMode.values());

    /** A transaction and what it did, so that it can be done again on a map. */
    private static final class Open {
        final Transaction transaction;
        final MapModel seen;
        final int commitsBefore;
        final List<Consumer<MapModel>> again = new ArrayList<>();
        boolean wrote;

        Open(Transaction transaction, MapModel start, int commitsBefore) {
            this.transaction = transaction;
            this.seen = new MapModel(start);
            this.commitsBefore = commitsBefore;
        }
    }

    @Test
    void agreesWithAnOrderedMap() {
        Seeds.each(
                "ModelComparisonTest",
                Integer.getInteger("holdfast.model.seeds", 60),
                seeded -> {
                    try (EmbeddedDatabase fresh = EmbeddedFoundationDb.inMemory()) {
                        new Session(seeded, fresh).run(400);
                    }
                });
    }

    /** Some open transactions on one database, and the map that says what they must see. */
    private static final class Session {
        private final Random random;
        private final EmbeddedDatabase database;
        private MapModel committed = new MapModel();
        private final List<Open> open = new ArrayList<>();
        private int commits;

        Session(Random random, EmbeddedDatabase database) {
            this.random = random;
            this.database = database;
        }

        private void run(int steps) {
            boolean interleaved = random.nextBoolean();
            for (int step = 0; step < steps; step++) {
                if (open.isEmpty() || (interleaved && open.size() < 4 && chance(10))) {
                    begin();
                }
                Open one = open.get(random.nextInt(open.size()));
                switch (random.nextInt(12)) {
                    case 0, 1 -> set(one);
                    case 2 -> clear(one);
                    case 3, 4 -> mutate(one);
                    case 5, 6 -> get(one);
                    case 7 -> getKey(one);
                    case 8, 9, 10 -> getRange(one);
                    default -> {
                        if (chance(40)) {
                            commit(one);
                        }
                    }
                }
            }
            while (!open.isEmpty()) {
                commit(open.get(0));
            }
            List<KeyValue> stored =
                    database.read(transaction ->
                            transaction
                                    .getRange(new byte[0], new byte[] {(byte) 0xff})
                                    .asList()
                                    .join());
            assertThat(stored).isEqualTo(committed.all());
        }

        private boolean chance(int percent) {
            return random.nextInt(100) < percent;
        }

        private byte[] key() {
            byte[] alphabet = {0, 1, 'a', 'b', (byte) 0xfe};
            byte[] key = new byte[random.nextInt(3)];
            for (int i = 0; i < key.length; i++) {
                key[i] = alphabet[random.nextInt(alphabet.length)];
            }
            return key;
        }

        private byte[] value() {
            byte[] value = new byte[random.nextInt(5)];
            random.nextBytes(value);
            return value;
        }

        private KeySelector selector() {
            return new KeySelector(key(), random.nextBoolean(), random.nextInt(7) - 3);
        }

        private void begin() {
            Transaction transaction = database.createTransaction();
            transaction.getReadVersion().join();
            open.add(new Open(transaction, committed, commits));
        }

        private void write(Open one, Consumer<MapModel> effect) {
            effect.accept(one.seen);
            one.again.add(effect);
            one.wrote = true;
        }

        private void set(Open one) {
            byte[] key = key();
            byte[] value = value();
            one.transaction.set(key, value);
            write(one, map -> map.set(key, value));
        }

        private void clear(Open one) {
            byte[] left = key();
            byte[] right = chance(30) ? Arrays.copyOf(left, left.length + 1) : key();
            boolean ordered = Arrays.compareUnsigned(left, right) <= 0;
            byte[] begin = ordered ? left : right;
            byte[] end = ordered ? right : left;
            one.transaction.clear(begin, end);
            if (!Arrays.equals(begin, end)) {
                write(one, map -> map.clear(begin, end));
            }
        }

        private void mutate(Open one) {
            MutationType type = MUTATIONS[random.nextInt(MUTATIONS.length)];
            byte[] key = key();
            byte[] operand = value();
            one.transaction.mutate(type, key, operand);
            write(one, map -> map.mutate(type, key, operand));
        }

        private <T> void read(
                Open one,
                String what,
                Function<ReadTransaction, T> real,
                Function<MapModel, T> expected) {
            boolean snapshot = chance(20);
            ReadTransaction reader = snapshot ? one.transaction.snapshot() : one.transaction;
            T got = real.apply(reader);
            assertThat(got).as(what).isEqualTo(expected.apply(one.seen));
            if (!snapshot) {
                one.again.add(map ->
                        assertThat(got).as("at commit, " + what).isEqualTo(expected.apply(map)));
            }
        }

        private void get(Open one) {
            byte[] key = key();
            read(one, "get", reader -> reader.get(key).join(), map -> map.get(key));
        }

        private void getKey(Open one) {
            KeySelector selector = selector();
            read(
                    one,
                    "key " + selector,
                    reader -> reader.getKey(selector).join(),
                    map -> map.getKey(selector));
        }

        private void getRange(Open one) {
            KeySelector begin = chance(50) ? KeySelector.firstGreaterOrEqual(key()) : selector();
            KeySelector end = chance(50) ? KeySelector.firstGreaterOrEqual(key()) : selector();
            int limit = chance(50) ? 0 : 1 + random.nextInt(4);
            boolean reverse = random.nextBoolean();
            StreamingMode mode =
                    limit == 0 ? StreamingMode.WANT_ALL : MODES.get(random.nextInt(MODES.size()));
            read(
                    one,
                    "range " + begin + " to " + end + " limit " + limit + " reverse " + reverse,
                    reader -> reader.getRange(begin, end, limit, reverse, mode).asList().join(),
                    map -> map.getRange(begin, end, limit, reverse));
        }

        private void commit(Open one) {
            open.remove(one);
            try {
                one.transaction.commit().join();
                if (one.wrote) {
                    MapModel next = new MapModel(committed);
                    one.again.forEach(step -> step.accept(next));
                    committed = next;
                    commits++;
                }
            } catch (CompletionException refused) {
                assertThat(Failures.code(refused)).isEqualTo(1020);
                assertThat(commits)
                        .as("a conflict needs a commit in between")
                        .isGreaterThan(one.commitsBefore);
            } finally {
                one.transaction.close();
            }
        }
    }
}
