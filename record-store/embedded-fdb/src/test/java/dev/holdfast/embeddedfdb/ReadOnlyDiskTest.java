package dev.holdfast.embeddedfdb;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.holdfast.embeddedfdb.engine.OpenException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file system that takes no writes; needs the right to mount one, and is skipped without it. */
final class ReadOnlyDiskTest {
    @TempDir Path directory;

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }

    @Test
    void saysThatTheDirectoryCannotBeWritten() throws Exception {
        Path place = Files.createDirectories(directory.resolve("small"));
        assumeThat(run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", place.toString()))
                .as("may mount a small file system")
                .isZero();
        try {
            EmbeddedFoundationDb.open(place.resolve("db")).close();
            assumeThat(run("mount", "-o", "remount,ro", place.toString())).isZero();
            assertThatThrownBy(() -> EmbeddedFoundationDb.open(place.resolve("db")))
                    .isInstanceOf(OpenException.Unwritable.class)
                    .hasMessageContaining("cannot be written")
                    .hasMessageContaining("Make it writable");
        } finally {
            run("umount", place.toString());
        }
    }
}
