package dev.holdfast.sync.disk;

import dev.holdfast.model.Id128;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;

/**
 * Where files are made before they are published: a folder in the same file system. Those that are
 * kept under a key outlive a crash, the others are swept away.
 */
final class StagingFolder implements AutoCloseable {
    private static final String KEPT = "kept-";
    private static final int SYNC_THREADS = 8;

    private final Path folder;
    private final RandomGenerator random;
    private final ExecutorService syncers =
            Executors.newFixedThreadPool(
                    SYNC_THREADS, Thread.ofPlatform().daemon().name("sync-", 0).factory());

    StagingFolder(Path folder, RandomGenerator random) throws IOException {
        this.folder = folder;
        this.random = random;
        Files.createDirectories(folder);
    }

    synchronized String freshId() {
        return Id128.random(random).toString();
    }

    /** Whether case is folded depends on the disk more than on the platform: it is tried. */
    boolean foldsCase() throws IOException {
        Path probe = folder.resolve("Probe-" + freshId());
        Files.createFile(probe);
        try {
            return Files.exists(
                    folder.resolve(probe.getFileName().toString().toUpperCase(Locale.ROOT)));
        } finally {
            Files.delete(probe);
        }
    }

    StagedFile fresh() throws IOException {
        return new StagedFile(folder.resolve(freshId()));
    }

    StagedFile kept(String key) throws IOException {
        return StagedFile.kept(folder.resolve(KEPT + key));
    }

    /** Makes files durable, several at a time. */
    void sync(Collection<Staged> staged) throws IOException {
        List<Future<?>> waiting = new ArrayList<>();
        for (Staged one : staged) {
            waiting.add(
                    syncers.submit(() -> {
                        ((StagedFile) one).force();
                        return null;
                    }));
        }
        for (Future<?> one : waiting) {
            await(one);
        }
    }

    private static void await(Future<?> one) throws IOException {
        try {
            one.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw new IllegalStateException("a sync failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }

    /** Deletes the files that are kept, or those that are not. */
    void drop(boolean kept) throws IOException {
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
            for (Path path : stream) {
                if (String.valueOf(path.getFileName()).startsWith(KEPT) == kept) {
                    Files.deleteIfExists(path);
                }
            }
        }
    }

    @Override
    public void close() {
        syncers.shutdown();
    }
}
