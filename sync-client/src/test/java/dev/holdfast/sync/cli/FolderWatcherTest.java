package dev.holdfast.sync.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Id128;
import dev.holdfast.model.NodeId;
import dev.holdfast.sync.engine.Engine;
import dev.holdfast.sync.tree.Fingerprint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderWatcherTest {
    private static final NodeId FOLDER = new NodeId(new Id128(1, 1));

    private static final FolderWatcher.Identity STANDS = (path, print) -> true;

    private static Map<NodeId, Engine.Folder> at(String path) {
        return Map.of(FOLDER, new Engine.Folder(path, Fingerprint.NONE));
    }

    @TempDir private Path root = Path.of("");

    /** A file made between a folder's scan and its watch would wait for the next full scan. */
    @Test
    void aFolderThatWasNotWatchedIsReadAgain() throws IOException {
        Semaphore woken = new Semaphore(0);
        try (FolderWatcher watcher = new FolderWatcher(root, STANDS, woken::release)) {
            watcher.watch(at(""));
            assertThat(woken.tryAcquire()).isTrue();
            assertThat(watcher.takeChanged()).containsExactly(FOLDER);

            watcher.watch(at(""));
            assertThat(watcher.takeChanged()).isEmpty();
        }
    }

    @Test
    void aFolderIsWatchedThroughARename() throws IOException, InterruptedException {
        Semaphore woken = new Semaphore(0);
        Path before = Files.createDirectory(root.resolve("before"));
        try (FolderWatcher watcher = new FolderWatcher(root, STANDS, woken::release)) {
            watcher.watch(at("before"));
            assertThat(watcher.takeChanged()).containsExactly(FOLDER);
            woken.drainPermits();
            Files.move(before, root.resolve("after"));
            Files.writeString(root.resolve("after/file"), "new");
            assertThat(woken.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
            assertThat(watcher.takeChanged()).containsExactly(FOLDER);
        }
    }

    /** Its changes would count for the folder that was meant. */
    @Test
    void anotherFolderAtThePathIsNotTakenForTheOneThatWasThere() throws IOException {
        try (FolderWatcher watcher = new FolderWatcher(root, (path, print) -> false, () -> {})) {
            Files.createDirectory(root.resolve("other"));
            assertThat(watcher.watch(at("other"))).containsExactly(FOLDER);
            assertThat(watcher.watch(at("gone"))).containsExactly(FOLDER);
            assertThat(watcher.takeChanged()).isEmpty();
        }
    }

    /** More changes than the system keeps for a client that is busy. */
    @Test
    void lostEventsAreToldOf() throws IOException {
        CountDownLatch busy = new CountDownLatch(1);
        Runnable wake =
                () -> {
                    if (Thread.currentThread().getName().equals("watch")) {
                        awaitEnd(busy);
                    }
                };
        try (FolderWatcher watcher = new FolderWatcher(root, STANDS, wake)) {
            watcher.watch(at(""));
            for (int i = 0; i < 3_000; i++) {
                Files.createFile(root.resolve("f" + i));
            }
            assertThat(watcher.takeOverflow()).isFalse();
            busy.countDown();
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            boolean told = false;
            while (!told && System.nanoTime() < end) {
                told = watcher.takeOverflow();
                LockSupport.parkNanos(1_000_000);
            }
            assertThat(told).isTrue();
        }
    }

    private static void awaitEnd(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
