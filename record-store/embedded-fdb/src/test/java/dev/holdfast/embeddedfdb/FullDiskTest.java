package dev.holdfast.embeddedfdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.apple.foundationdb.Transaction;
import dev.holdfast.embeddedfdb.engine.OpenException;
import dev.holdfast.embeddedfdb.engine.StorageConfig;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk without room. The tests on a real small file system need the right to mount one and are
 * skipped without it.
 */
final class FullDiskTest {
    private static final byte[] KEY = "key".getBytes(StandardCharsets.US_ASCII);

    @TempDir Path directory;
    private boolean mounted;

    private Path small() throws IOException, InterruptedException {
        Path place = Files.createDirectories(directory.resolve("small"));
        int outcome =
                new ProcessBuilder(
                                "mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", place.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor();
        assumeThat(outcome).as("may mount a small file system").isZero();
        mounted = true;
        return place;
    }

    @AfterEach
    void unmount() throws IOException, InterruptedException {
        if (mounted) {
            new ProcessBuilder("umount", directory.resolve("small").toString()).start().waitFor();
        }
    }

    private static void fill(Path file) throws IOException {
        byte[] block = new byte[64 << 10];
        try (OutputStream out = Files.newOutputStream(file)) {
            while (true) {
                out.write(block);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
        }
    }

    private static void commit(EmbeddedDatabase database, String value) {
        try (Transaction transaction = database.createTransaction()) {
            transaction.set(KEY, value.getBytes(StandardCharsets.US_ASCII));
            transaction.commit().join();
        }
    }

    private static String read(EmbeddedDatabase database) {
        byte[] value = database.read(transaction -> transaction.get(KEY).join());
        return value == null ? "" : new String(value, StandardCharsets.US_ASCII);
    }

    @Test
    void refusesCommitsWhenTheDiskIsNearlyFullAndReadsGoOn() {
        Path place = directory.resolve("db");
        try (EmbeddedDatabase database = EmbeddedFoundationDb.open(place)) {
            commit(database, "kept");
        }
        StorageConfig wantsMore = new StorageConfig(16L << 20, Long.MAX_VALUE);
        try (EmbeddedDatabase database = EmbeddedFoundationDb.open(place, wantsMore)) {
            assertThatThrownBy(() -> commit(database, "refused"))
                    .isInstanceOf(CompletionException.class)
                    .satisfies(failure -> assertThat(Failures.code(failure)).isEqualTo(1510))
                    .hasMessageContaining("is full; free some space");
            assertThat(read(database)).isEqualTo("kept");
        }
    }

    @Test
    void takesCommitsAgainWhenSpaceReturns() throws Exception {
        Path place = small();
        StorageConfig config = new StorageConfig(8L << 20, 8L << 20);
        try (EmbeddedDatabase database = EmbeddedFoundationDb.open(place.resolve("db"), config)) {
            commit(database, "before");
            fill(place.resolve("ballast"));
            assertThatThrownBy(() -> commit(database, "refused"))
                    .satisfies(failure -> assertThat(Failures.code(failure)).isEqualTo(1510));
            assertThat(read(database)).isEqualTo("before");
            Files.delete(place.resolve("ballast"));
            commit(database, "after");
            assertThat(read(database)).isEqualTo("after");
        }
    }

    @Test
    void recoversFromAWriteThatFailedForLackOfSpace() throws Exception {
        Path place = small();
        StorageConfig config = new StorageConfig(8L << 20, 0);
        try (EmbeddedDatabase database = EmbeddedFoundationDb.open(place.resolve("db"), config)) {
            commit(database, "before");
            fill(place.resolve("ballast"));
            int failures = 0;
            String last = "before";
            Random random = new Random(11);
            for (int i = 0; i < 400 && failures < 3; i++) {
                byte[] ballast = new byte[90_000];
                random.nextBytes(ballast);
                try (Transaction transaction = database.createTransaction()) {
                    transaction.set(("ballast" + i).getBytes(StandardCharsets.US_ASCII), ballast);
                    transaction.set(KEY, ("v" + i).getBytes(StandardCharsets.US_ASCII));
                    transaction.commit().join();
                    last = "v" + i;
                } catch (CompletionException refused) {
                    assertThat(Failures.code(refused)).isIn(1021, 1510);
                    failures++;
                }
            }
            assertThat(failures).isEqualTo(3);
            assertThat(read(database)).isEqualTo(last);
            Files.delete(place.resolve("ballast"));
            commitWithin(database, "after", 20_000_000_000L);
            assertThat(read(database)).isEqualTo("after");
        }
        try (EmbeddedDatabase again = EmbeddedFoundationDb.open(place.resolve("db"), config)) {
            assertThat(read(again)).isEqualTo("after");
        }
    }

    private static void commitWithin(EmbeddedDatabase database, String value, long nanos) {
        long end = System.nanoTime() + nanos;
        while (true) {
            try {
                commit(database, value);
                return;
            } catch (CompletionException refused) {
                assertThat(System.nanoTime()).isLessThan(end);
            }
        }
    }

    @Test
    void saysSoWhenThereIsNoRoomToOpen() throws Exception {
        Path place = small();
        fill(place.resolve("ballast"));
        assertThatThrownBy(() -> EmbeddedFoundationDb.open(place.resolve("db")))
                .isInstanceOf(OpenException.DiskFull.class)
                .hasMessageContaining("is full. Free some space");
    }
}
