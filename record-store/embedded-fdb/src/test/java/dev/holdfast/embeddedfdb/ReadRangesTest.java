package dev.holdfast.embeddedfdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.embeddedfdb.engine.KeyRangeSet;
import org.junit.jupiter.api.Test;

/** What was read is checked however much was read, and reading it again adds nothing. */
final class ReadRangesTest {
    private static byte[] key(int row) {
        return Tuple.from("row", row).pack();
    }

    @Test
    void everyRangeIsKeptWhetherMergedAlreadyOrNot() {
        for (int count : new int[] {1, 1_023, 1_024, 1_025, 3_000}) {
            ReadRanges ranges = new ReadRanges();
            KeyRangeSet expected = new KeyRangeSet();
            for (int i = 0; i < count; i++) {
                byte[] begin = key(i * 7_919 % 5_000);
                byte[] end = key(i * 7_919 % 5_000 + 1);
                ranges.add(begin, end);
                expected.add(begin, end);
            }
            assertThat(ranges.merged().size()).isEqualTo(expected.size());
            expected.forEach((begin, end) -> {
                assertThat(ranges.merged().endOfRangeWith(begin)).isEqualTo(end);
                assertThat(ranges.merged().beginOfRangeWith(begin)).isEqualTo(begin);
            });
        }
    }

    @Test
    void theFirstOfThousandsOfReadsIsChecked() {
        try (EmbeddedDatabase database = EmbeddedFoundationDb.inMemory();
                Transaction reader = database.createTransaction()) {
            for (int row = 0; row < 5_000; row++) {
                assertThat(reader.get(key(2 * row)).join()).isNull();
            }
            database.run(transaction -> {
                transaction.set(key(0), key(0));
                return true;
            });
            reader.set(key(1), key(1));
            assertThatThrownBy(() -> reader.commit().join())
                    .satisfies(failure -> assertThat(Failures.code(failure)).isEqualTo(1020));
        }
    }
}
