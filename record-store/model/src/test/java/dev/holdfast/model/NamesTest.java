package dev.holdfast.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.LocalDate;
import org.junit.jupiter.api.Test;

class NamesTest {
    private static final LocalDate DAY = LocalDate.of(2026, 2, 3);

    @Test
    void validNames() {
        assertThat("a".repeat(255)).matches(Names::valid);
        assertThat("\u00fcn\u00ef \u2603 \ud83d\ude00").matches(Names::valid);
        assertThat("...").matches(Names::valid);
        assertThat(" ").matches(Names::valid);
        assertThat("\ud83d\ude00".repeat(63)).matches(Names::valid);
    }

    @Test
    void invalidNamesSayWhy() {
        assertThat(Names.fault("")).contains("empty");
        assertThat(Names.fault(".")).isNotNull();
        assertThat(Names.fault("..")).isNotNull();
        assertThat(Names.fault("a/b")).contains("slash");
        assertThat(Names.fault("a\0")).contains("NUL");
        assertThat(Names.fault("a\ud83d")).contains("surrogate");
        assertThat(Names.fault("\ude00a")).contains("surrogate");
        assertThat(Names.fault("a".repeat(256))).contains("255");
        assertThat(Names.fault("\u2603".repeat(85) + "a")).contains("255");
        assertThat(Names.fault("\ud83d\ude00".repeat(64))).contains("255");
    }

    @Test
    void composedAndDecomposedNamesAreOneName() {
        assertThat(Names.nameKey("e\u0301")).isEqualTo(Names.nameKey("\u00e9"));
        assertThat(Names.nameKey("A")).isNotEqualTo(Names.nameKey("a"));
    }

    @Test
    void foldingIsFullAndWithoutALocale() {
        assertThat(Names.foldKey("POD")).isEqualTo(Names.foldKey("pod"));
        assertThat(Names.foldKey("STRASSE")).isEqualTo(Names.foldKey("stra\u00dfe"));
        assertThat(Names.foldKey("E\u0301")).isEqualTo(Names.foldKey("\u00e9"));
        assertThat(Names.foldKey("I")).isEqualTo("i");
    }

    @Test
    void conflictCopiesKeepTheExtension() {
        assertThat(Names.conflictCopy("a.txt", "laptop", DAY, 1))
                .isEqualTo("a (conflicted copy, laptop 2026-02-03).txt");
        assertThat(Names.conflictCopy("a", "laptop", DAY, 2))
                .isEqualTo("a (conflicted copy, laptop 2026-02-03 2)");
        assertThat(Names.conflictCopy(".profile", "a/b", DAY, 1))
                .isEqualTo(".profile (conflicted copy, a-b 2026-02-03)");
    }

    @Test
    void conflictCopiesAreShortenedBetweenCharacters() {
        for (String name :
                new String[] {
                    "a".repeat(255), "\u2603".repeat(84) + ".md", "x." + "y".repeat(253)
                }) {
            String copy = Names.conflictCopy(name, "d".repeat(64), DAY, 12);
            assertThat(copy).matches(Names::valid);
            assertThat(copy).contains("(conflicted copy, ");
        }
        assertThat(Names.conflictCopy("\u2603".repeat(84) + ".md", "d", DAY, 1)).endsWith(").md");
    }
}
