package dev.holdfast.sync.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Id128;
import dev.holdfast.model.NodeId;
import dev.holdfast.sync.engine.Engine;
import dev.holdfast.sync.tree.Fingerprint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real kernel that gives no more watches: it is said, and the others go on. */
class ExhaustedWatchesTest {
    private static final int WATCHES = 3;
    private static final int FOLDERS = 6;

    /** Runs in a process of its own, in a namespace that has so few watches. */
    static final class Probe {
        private Probe() {}

        public static void main(String[] arguments) throws IOException {
            Path root = Path.of(arguments[0]);
            try (FolderWatcher watcher = new FolderWatcher(root, (path, print) -> true, () -> {})) {
                Map<NodeId, Engine.Folder> folders = new HashMap<>();
                for (int i = 0; i < FOLDERS; i++) {
                    Files.createDirectory(root.resolve("d" + i));
                    NodeId node = new NodeId(new Id128(1, i));
                    folders.put(node, new Engine.Folder("d" + i, Fingerprint.NONE));
                }
                watcher.watch(folders);
                System.out.println(
                        "limited "
                                + watcher.limited()
                                + " watched "
                                + watcher.takeChanged().size());
            }
        }
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return process.exitValue() == 0 ? out : "failed: " + out;
    }

    private static List<String> limited(String... command) {
        List<String> all =
                new ArrayList<>(
                        List.of(
                                "unshare",
                                "--user",
                                "--map-root-user",
                                "sh",
                                "-c",
                                "echo "
                                        + WATCHES
                                        + " > /proc/sys/user/max_inotify_watches && exec \"$@\"",
                                "sh"));
        all.addAll(List.of(command));
        return all;
    }

    @Test
    void foldersBeyondTheSystemsLimitAreReported(@TempDir Path root)
            throws IOException, InterruptedException {
        String possible;
        try {
            possible = run(limited("echo", "possible"));
        } catch (IOException e) {
            possible = "failed: " + e.getMessage();
        }
        Assumptions.assumeTrue(
                possible.equals("possible\n"),
                "no namespace with few watches can be made here: " + possible);
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String said =
                run(
                        limited(
                                java,
                                "-cp",
                                System.getProperty("java.class.path"),
                                Probe.class.getName(),
                                root.toString()));
        assertThat(said)
                .contains("not all folders can be watched")
                .contains("fs.inotify.max_user_watches")
                .contains("limited true watched " + WATCHES);
    }
}
