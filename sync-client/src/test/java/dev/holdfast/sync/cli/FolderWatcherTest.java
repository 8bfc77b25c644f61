package dev.holdfast.sync.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Id128;
import dev.holdfast.model.NodeId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderWatcherTest {
    private static final NodeId FOLDER = new NodeId(new Id128(1, 1));

    @TempDir private Path root = Path.of("");

    /** A file made between a folder's scan and its watch would wait for the next full scan. */
    @Test
    void aFolderThatWasNotWatchedIsReadAgain() throws IOException {
        Semaphore woken = new Semaphore(0);
        try (FolderWatcher watcher = new FolderWatcher(root, woken::release)) {
            watcher.watch(Map.of(FOLDER, ""));
            assertThat(woken.tryAcquire()).isTrue();
            assertThat(watcher.takeChanged()).containsExactly(FOLDER);

            watcher.watch(Map.of(FOLDER, ""));
            assertThat(watcher.takeChanged()).isEmpty();
        }
    }

    @Test
    void aFolderIsWatchedThroughARename() throws IOException, InterruptedException {
        Semaphore woken = new Semaphore(0);
        Path before = Files.createDirectory(root.resolve("before"));
        try (FolderWatcher watcher = new FolderWatcher(root, woken::release)) {
            watcher.watch(Map.of(FOLDER, "before"));
            assertThat(watcher.takeChanged()).containsExactly(FOLDER);
            woken.drainPermits();
            Files.move(before, root.resolve("after"));
            Files.writeString(root.resolve("after/file"), "new");
            assertThat(woken.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
            assertThat(watcher.takeChanged()).containsExactly(FOLDER);
        }
    }
}
