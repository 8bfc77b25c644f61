package dev.holdfast.testing.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A person's machine: one folder, one state directory, the {@code holdfast sync} commands. */
public final class Device {
    public static final Duration RUN_LIMIT = Duration.ofMinutes(5);
    private static final Duration COMMAND_LIMIT = Duration.ofMinutes(1);

    private final Installation installation;
    private final Path folder;
    private final Path state;

    private Device(Installation installation, Path folder, Path state) {
        this.installation = installation;
        this.folder = folder;
        this.state = state;
    }

    /** Links a folder, which is made when it is not there, with further options of the command. */
    public static Device link(
            Installation installation,
            Path folder,
            String url,
            String code,
            String name,
            String... more) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Path state = folder.resolveSibling(folder.getFileName() + ".state");
        Device device = new Device(installation, folder, state);
        List<String> arguments = new ArrayList<>(List.of("link", url, "--code", code));
        arguments.addAll(List.of("--folder", folder.toString(), "--device", name));
        arguments.addAll(List.of(more));
        device.sync(COMMAND_LIMIT, arguments.toArray(String[]::new)).expect(0);
        return device;
    }

    /** The state directory, where the device's token is. */
    public Path state() {
        return state;
    }

    public Path folder() {
        return folder;
    }

    /** {@code sync run --once}: both sides are equal afterwards. */
    public Installation.Finished runOnce(String... more) {
        return tryRunOnce(more).expect(0);
    }

    /** As {@link #runOnce}, whatever the exit code. */
    public Installation.Finished tryRunOnce(String... more) {
        List<String> arguments = new ArrayList<>(List.of("run", "--once"));
        arguments.addAll(List.of(more));
        return sync(RUN_LIMIT, arguments.toArray(String[]::new));
    }

    /** {@code sync run}, until it is stopped. */
    public RunningProcess run() {
        return start("run");
    }

    public RunningProcess start(String... words) {
        return installation.start(null, arguments(words));
    }

    /** Any sync command on this device's state. */
    public Installation.Finished sync(Duration limit, String... words) {
        return installation.run(limit, arguments(words).toArray(String[]::new));
    }

    /** {@code sync verify}: fails unless the disk equals the server. */
    public Installation.Finished verify() {
        return sync(RUN_LIMIT, "verify").expect(0);
    }

    private List<String> arguments(String... words) {
        List<String> arguments = new ArrayList<>(List.of("sync"));
        arguments.addAll(List.of(words));
        arguments.addAll(List.of("--state", state.toString()));
        return arguments;
    }
}
