package dev.holdfast.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.blockgc.CollectionSettings;
import dev.holdfast.blockgc.PaceConfig;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** What an operator sets about the collection. */
class GcOptionsTest {
    @Command
    private static final class Holder {
        @Mixin private GcOptions options = new GcOptions();
    }

    private static CollectionSettings settings(String... words) {
        Holder holder = new Holder();
        new CommandLine(holder).parseArgs(words);
        return holder.options.settings();
    }

    @Test
    void defaults() {
        assertThat(settings()).isEqualTo(CollectionSettings.defaults());
    }

    @Test
    void allOfThem() {
        assertThat(
                        settings(
                                "--gc-period=90s",
                                "--gc-chunk-grace=2d",
                                "--gc-trash-grace=3h",
                                "--gc-readers-wait=1500ms",
                                "--gc-deletions-kept=30d",
                                "--gc-dead-percent=7",
                                "--gc-lease=9s",
                                "--gc-concurrency=5",
                                "--gc-busy-percent=25",
                                "--gc-rewrite-rate=3M"))
                .isEqualTo(
                        new CollectionSettings(
                                Duration.ofSeconds(90),
                                Duration.ofDays(2),
                                Duration.ofHours(3),
                                Duration.ofMillis(1_500),
                                Duration.ofDays(30),
                                0.07,
                                Duration.ofSeconds(9),
                                PaceConfig.defaults().with(5, 3 << 20, 0.25)));
    }

    @Test
    void whatDoesNotFitIsRefusedWithItsReason() {
        assertThatThrownBy(() -> settings("--gc-trash-grace=1m", "--gc-readers-wait=2m"))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("the wait for readers is at most the grace");
        assertThatThrownBy(() -> settings("--gc-concurrency=17"))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("1 to 16");
        assertThatThrownBy(() -> settings("--gc-lease=1s"))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("5 seconds to an hour");
        assertThatThrownBy(() -> settings("--gc-deletions-kept=1h"))
                .isInstanceOf(CommandFailure.class)
                .hasMessageContaining("kept for a day to");
        assertThatThrownBy(() -> settings("--gc-period=soon"))
                .isInstanceOf(CommandLine.ParameterException.class)
                .hasMessageContaining("write 30s, 5m, 12h or 1d");
    }
}
