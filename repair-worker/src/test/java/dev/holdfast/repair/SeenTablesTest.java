package dev.holdfast.repair;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.PackFile;
import dev.holdfast.model.Id128;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A file is passed over only while it is the one that was seen, and was seen without the chunk. */
class SeenTablesTest {
    private static final PackFile FILE = new PackFile(new PackId(new Id128(1, 1)), 100, 7);
    private static final Sha256 HELD = new Sha256(1, 2, 3, 4);
    private static final Sha256 OTHER = new Sha256(2, 2, 3, 4);

    @Test
    void onlyWhatWasSeenIsPassedOver() {
        SeenTables tables = new SeenTables();
        assertThat(tables.mayHold(FILE, Set.of(OTHER))).isTrue();
        tables.keep(FILE, List.of(HELD));
        assertThat(tables.mayHold(FILE, Set.of(OTHER))).isFalse();
        assertThat(tables.mayHold(FILE, Set.of(OTHER, HELD))).isTrue();
        assertThat(tables.mayHold(new PackFile(FILE.pack(), 101, 7), Set.of(OTHER)))
                .as("another file under the name")
                .isTrue();
        assertThat(tables.mayHold(new PackFile(FILE.pack(), 100, 8), Set.of(OTHER))).isTrue();
    }

    @Test
    void whatDoesNotFitIsLookedAtEachTime() {
        SeenTables tables = new SeenTables(1);
        tables.keep(FILE, List.of(HELD));
        PackFile second = new PackFile(new PackId(new Id128(1, 2)), 100, 7);
        tables.keep(second, List.of(HELD));
        assertThat(tables.mayHold(second, Set.of(OTHER))).isTrue();
        tables.keep(FILE, List.of());
        tables.keep(second, List.of(HELD));
        assertThat(tables.mayHold(second, Set.of(OTHER))).as("there is room again").isFalse();
    }
}
