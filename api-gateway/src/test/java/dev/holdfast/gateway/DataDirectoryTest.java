package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirectoryTest {
    @TempDir private Path folder = Path.of("");

    @Test
    void makesTheDirectoryForItsOwnerAlone() throws IOException {
        try (DataDirectory data = DataDirectory.open(folder.resolve("a/b"))) {
            assertThat(data.path()).isAbsolute().isDirectory();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data.path())))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void theSecondToOpenItIsTurnedAwayUntilTheFirstHasClosed() {
        try (DataDirectory first = DataDirectory.open(folder)) {
            assertThatThrownBy(() -> DataDirectory.open(folder))
                    .isInstanceOfSatisfying(
                            StartupException.class,
                            e -> assertThat(e.exitCode()).isEqualTo(StartupException.LOCKED))
                    .hasMessageContaining(first.path().toString());
        }
        DataDirectory.open(folder).close();
    }

    @Test
    void theTokenIsMadeOnceAndForItsOwnerAlone() throws IOException {
        String token;
        try (DataDirectory data = DataDirectory.open(folder)) {
            token = data.adminToken();
            assertThat(token).hasSize(43);
            assertThat(
                            PosixFilePermissions.toString(
                                    Files.getPosixFilePermissions(data.adminTokenFile())))
                    .isEqualTo("rw-------");
        }
        try (DataDirectory data = DataDirectory.open(folder)) {
            assertThat(data.adminToken()).isEqualTo(token);
            Files.writeString(data.adminTokenFile(), "\n");
            assertThatThrownBy(data::adminToken)
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining("delete it");
        }
    }

    @Test
    void aFileInItsPlaceIsLeftAsItWas() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "mine");
        assertThatThrownBy(() -> DataDirectory.open(file))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining(file.toString());
        assertThatThrownBy(() -> DataDirectory.open(file.resolve("below")))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining(file.resolve("below").toString());
        assertThat(file).hasContent("mine");
    }
}
