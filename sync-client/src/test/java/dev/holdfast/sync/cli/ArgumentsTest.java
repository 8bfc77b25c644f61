package dev.holdfast.sync.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a person may type for times, rates and settings. */
class ArgumentsTest {
    private static final Instant NOW = Instant.parse("2026-03-10T12:00:00Z");

    @TempDir Path state;

    @ParameterizedTest
    @CsvSource({
        "2026-01-31T18:00:00Z, 2026-01-31T18:00:00Z",
        "2026-01-31T18:00:00+02:00, 2026-01-31T16:00:00Z",
        "2026-01-31T18:00, 2026-01-31T17:00:00Z",
        "2026-01-31 18:00, 2026-01-31T17:00:00Z",
        "2026-01-31, 2026-01-30T23:00:00Z",
        "90m, 2026-03-10T10:30:00Z",
        "12h, 2026-03-10T00:00:00Z",
        "3d, 2026-03-07T12:00:00Z",
        "5s, 2026-03-10T11:59:55Z"
    })
    void timesAreRead(String typed, String expected) throws CommandException {
        assertThat(TimeArgument.parse(typed, NOW, ZoneId.of("Europe/Berlin")))
                .isEqualTo(Instant.parse(expected));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "yesterday", "2026-13-01", "25:00", "3w", "2026-01-31T18:00:00+99:00"})
    void whatIsNoTimeIsRefusedWithExamples(String typed) {
        assertThatThrownBy(() -> TimeArgument.parse(typed, NOW, ZoneId.of("UTC")))
                .isInstanceOf(CommandException.class)
                .hasMessageContaining("2026-01-31T18:00");
    }

    @ParameterizedTest
    @CsvSource({
        "off, 0",
        "500K, 512000",
        "2M, 2097152",
        "1.5MiB/s, 1572864",
        "20000, 20000",
        "1g, 1073741824"
    })
    void ratesAreRead(String typed, long expected) throws CommandException {
        assertThat(RateArgument.parse(typed)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "fast", "-5K", "0", "100", "5T"})
    void whatIsNoRateIsRefused(String typed) {
        assertThatThrownBy(() -> RateArgument.parse(typed)).isInstanceOf(CommandException.class);
    }

    @Test
    void flagsWinOverVariablesOverTheFileOverDefaults() throws Exception {
        assertThat(Settings.resolve(state, Map.of(), Map.of())).isEqualTo(new Settings(0, 0, null));
        Settings.store(state, Map.of("limit-up", "20K", "limit-down", "30K", "max-delete", "7"));
        assertThat(Settings.resolve(state, Map.of(), Map.of()))
                .isEqualTo(new Settings(20 << 10, 30 << 10, "7"));
        assertThat(
                        Settings.resolve(
                                state,
                                Map.of("limit-up", "off"),
                                Map.of("HOLDFAST_LIMIT_UP", "1M", "HOLDFAST_MAX_DELETE", "off")))
                .isEqualTo(new Settings(0, 30 << 10, "off"));
    }

    @Test
    void anUnknownSettingIsRefusedByName() throws Exception {
        Files.writeString(state.resolve(Settings.FILE), "limit-sideways=1M\n");
        assertThatThrownBy(() -> Settings.resolve(state, Map.of(), Map.of()))
                .hasMessageContaining("limit-sideways")
                .hasMessageContaining("limit-up");
    }
}
