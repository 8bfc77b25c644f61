package dev.holdfast.sync.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RotatingLogTest {
    private static final InstantSource CLOCK =
            InstantSource.fixed(Instant.parse("2026-01-02T03:04:05.678Z"));

    @TempDir Path folder;

    @Test
    void aLineIsWhenWhatAndAboutWhat() throws IOException {
        try (RotatingLog log = new RotatingLog(folder, CLOCK)) {
            log.write("sent", "a\nb");
            log.write("stopped", "");
        }
        assertThat(Files.readString(folder.resolve("sync.log")))
                .isEqualTo("2026-01-02T03:04:05.678Z sent a?b\n2026-01-02T03:04:05.678Z stopped\n");
    }

    @Test
    void theFilesTogetherStayBounded() throws IOException {
        for (int run = 0; run < 3; run++) {
            try (RotatingLog log = new RotatingLog(folder, CLOCK, 1_000)) {
                for (int i = 0; i < 500; i++) {
                    log.write("sent", "file " + run + "-" + i);
                }
            }
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.toList())
                    .hasSize(RotatingLog.FILES_MAX)
                    .allSatisfy(file -> assertThat(Files.size(file)).isLessThanOrEqualTo(1_000));
        }
        assertThat(Files.readString(folder.resolve("sync.log"))).contains("file 2-499");
        assertThat(Files.readString(folder.resolve("sync.log.1"))).contains("file 2-4");
    }

    @Test
    void aLogThatCannotBeWrittenStopsNobody() throws IOException {
        Path file = Files.createFile(folder.resolve("no folder"));
        try (RotatingLog log = new RotatingLog(file, CLOCK)) {
            log.write("sent", "a");
        }
        assertThat(Files.size(file)).isZero();
    }
}
