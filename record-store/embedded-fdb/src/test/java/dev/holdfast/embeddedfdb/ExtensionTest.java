package dev.holdfast.embeddedfdb;

import static org.assertj.core.api.Assertions.assertThat;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.embeddedfdb.junit.EmbeddedFdbExtension;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.extension.ExtendWith;

/** The extension that other projects' tests use. */
@ExtendWith(EmbeddedFdbExtension.class)
final class ExtensionTest {
    private static final byte[] KEY = Tuple.from("hello").pack();

    @RepeatedTest(2)
    void givesEachTestAFreshDatabaseInEveryShape(Database database, FDBDatabase records) {
        byte[] before = database.read(transaction -> transaction.get(KEY).join());
        assertThat(before).isNull();
        database.run(transaction -> {
            transaction.set(KEY, Tuple.from("world").pack());
            return null;
        });
        byte[] seen = records.run(context -> context.readTransaction(false).get(KEY).join());
        assertThat(Tuple.fromBytes(seen).getString(0)).isEqualTo("world");
    }
}
