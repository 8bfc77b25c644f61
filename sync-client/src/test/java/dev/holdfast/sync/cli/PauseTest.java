package dev.holdfast.sync.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.DeviceId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever pauses expects that nothing moves until it is resumed. */
class PauseTest {
    @TempDir Path state;

    @TempDir Path folder;

    @BeforeEach
    void link() throws IOException {
        new LinkConfig(
                        "link",
                        "http://127.0.0.1:1",
                        folder.toString(),
                        "anna",
                        new DeviceId(new Id128(1, 1)),
                        "laptop",
                        new NamespaceId(new Id128(1, 2)),
                        "anna",
                        "cell",
                        null)
                .save(state);
    }

    private RunCommand once() {
        RunCommand run = new RunCommand();
        run.once = true;
        run.place.state = state;
        return run;
    }

    @Test
    void aRunUntilEqualIsRefusedWhilePaused() throws Exception {
        PauseCommand pause = new PauseCommand();
        pause.place.state = state;
        assertThat(pause.call()).isEqualTo(ExitCode.OK);
        assertThatThrownBy(() -> once().call())
                .isInstanceOfSatisfying(
                        CommandException.class,
                        e -> assertThat(e.exitCode()).isEqualTo(ExitCode.PROBLEMS_REMAIN))
                .hasMessageContaining("paused")
                .hasMessageContaining("holdfast sync resume");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void itGoesOnAfterResume() throws Exception {
        Files.createFile(state.resolve(Runner.PAUSED));
        ResumeCommand resume = new ResumeCommand();
        resume.place.state = state;
        assertThat(resume.call()).isEqualTo(ExitCode.OK);
        // It comes as far as finding that this device has no token.
        assertThatThrownBy(() -> once().call())
                .isInstanceOfSatisfying(
                        CommandException.class,
                        e -> assertThat(e.exitCode()).isEqualTo(ExitCode.NOT_ALLOWED));
    }
}
