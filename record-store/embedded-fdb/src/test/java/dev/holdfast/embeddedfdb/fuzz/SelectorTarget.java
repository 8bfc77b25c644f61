package dev.holdfast.embeddedfdb.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.Transaction;
import dev.holdfast.embeddedfdb.EmbeddedDatabase;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/** Any selector over any keys, stored or just written, names the key it would in a sorted list. */
public final class SelectorTarget {
    private static final byte[] END = {(byte) 0xff};
    private static final EmbeddedDatabase DATABASE = EmbeddedFoundationDb.inMemory();

    private SelectorTarget() {}

    /** Where Jazzer begins. */
    public static void fuzzerTestOneInput(byte[] input) {
        selectors(input);
    }

    /** Takes bytes off an input, zeros when it has ended. */
    private static final class Reader {
        private final byte[] input;
        private int at;

        Reader(byte[] input) {
            this.input = input;
        }

        byte next() {
            return at < input.length ? input[at++] : 0;
        }

        byte[] key() {
            byte[] key = new byte[next() & 3];
            for (int i = 0; i < key.length; i++) {
                key[i] = (byte) (next() & 0x7f);
            }
            return key;
        }

        KeySelector selector() {
            return new KeySelector(key(), (next() & 1) == 1, next());
        }
    }

    private static void selectors(byte[] input) {
        Reader reader = new Reader(input);
        TreeSet<byte[]> keys = new TreeSet<>(Arrays::compareUnsigned);
        DATABASE.run(transaction -> {
            transaction.clear(new byte[0], END);
            for (int i = reader.next() & 7; i > 0; i--) {
                byte[] key = reader.key();
                transaction.set(key, key);
                keys.add(key);
            }
            return true;
        });
        try (Transaction transaction = DATABASE.createTransaction()) {
            for (int i = reader.next() & 3; i > 0; i--) {
                byte[] key = reader.key();
                if ((reader.next() & 1) == 1) {
                    transaction.set(key, key);
                    keys.add(key);
                } else {
                    transaction.clear(key);
                    keys.remove(key);
                }
            }
            List<byte[]> sorted = new ArrayList<>(keys);
            KeySelector begin = reader.selector();
            KeySelector end = reader.selector();
            assertThat(transaction.getKey(begin).join()).isEqualTo(named(sorted, begin));
            List<byte[]> found =
                    transaction.getRange(begin, end).asList().join().stream()
                            .map(KeyValue::getKey)
                            .toList();
            byte[] from = named(sorted, begin);
            byte[] to = named(sorted, end);
            assertThat(found)
                    .usingElementComparator(Arrays::compareUnsigned)
                    .isEqualTo(
                            sorted.stream()
                                    .filter(key -> Arrays.compareUnsigned(key, from) >= 0)
                                    .filter(key -> Arrays.compareUnsigned(key, to) < 0)
                                    .toList());
        }
    }

    private static byte[] named(List<byte[]> sorted, KeySelector selector) {
        long before =
                sorted.stream()
                        .filter(key -> {
                            int order = Arrays.compareUnsigned(key, selector.getKey());
                            return selector.orEqual() ? order <= 0 : order < 0;
                        })
                        .count();
        long index = before - 1 + selector.getOffset();
        if (index < 0) {
            return new byte[0];
        }
        return index >= sorted.size() ? END : sorted.get((int) index);
    }
}
