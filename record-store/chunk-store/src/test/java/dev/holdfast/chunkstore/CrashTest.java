package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.model.Sha256;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A writer that is killed at any moment: with its whole HDFS at once, or beside one that lives. */
final class CrashTest {
    private static final int LOOPS = Boolean.getBoolean("holdfast.soak") ? 100 : 2;

    private final long seed = Long.getLong("holdfast.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final List<Sha256> acknowledged = new ArrayList<>();
    private Path directory = Path.of("");

    @BeforeEach
    void makeDirectory() throws IOException {
        directory = Files.createTempDirectory("holdfast-crash-");
    }

    private AssertionError failed(String test, Throwable cause) {
        return new AssertionError(
                "replay: -Dtest=CrashTest#%s -Dholdfast.seed=%d; left in %s"
                        .formatted(test, seed, directory),
                cause);
    }

    @Test
    void everythingAcknowledgedIsReadableAfterKillMinusNine() {
        try {
            for (int loop = 0; loop < LOOPS; loop++) {
                writeUntilKilled();
            }
            try (EmbeddedHdfs hdfs = EmbeddedHdfs.start(directory.resolve("hdfs"), 1, 1)) {
                verify(hdfs, ChunkStoreConfig.forEmbedded(1));
            }
        } catch (AssertionError | Exception e) {
            throw failed("everythingAcknowledgedIsReadableAfterKillMinusNine", e);
        }
        SharedHdfs.delete(directory);
    }

    /**
     * The files that the killed writer had open are still leased to it and still being written, as
     * far as the NameNode and the DataNodes know: whoever comes next has to have them recovered.
     */
    @Test
    void everythingAcknowledgedIsReadableWhenOnlyTheWriterIsKilled() {
        try (EmbeddedHdfs hdfs = EmbeddedHdfs.start(directory.resolve("hdfs"), 3, 3)) {
            for (int loop = 0; loop < LOOPS; loop++) {
                writeUntilKilled(hdfs.uri().toString());
            }
            verify(hdfs, ChunkStoreConfig.forEmbedded(3).withReplication(3, 2));
        } catch (AssertionError | Exception e) {
            throw failed("everythingAcknowledgedIsReadableWhenOnlyTheWriterIsKilled", e);
        }
        SharedHdfs.delete(directory);
    }

    private void writeUntilKilled(String... more) throws Exception {
        int before = acknowledged.size();
        int acknowledgements = random.nextInt(400);
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-Xmx256m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                CrashingWriter.class.getName(),
                                directory.toString(),
                                Long.toString(random.nextLong())));
        command.addAll(List.of(more));
        Process process =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            int seen = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                int space = line.indexOf(' ');
                if (space == 64 && line.length() > 66) {
                    acknowledged.add(Sha256.parse(line.substring(0, space)));
                    if (seen++ == acknowledgements) {
                        // Through the handle: what it printed before can still be read then.
                        assertThat(process.toHandle().destroyForcibly()).isTrue();
                    }
                }
            }
        } finally {
            process.destroyForcibly();
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(process.exitValue()).isEqualTo(128 + 9);
        assertThat(acknowledged).hasSizeGreaterThan(before);
    }

    private void verify(EmbeddedHdfs hdfs, ChunkStoreConfig config) throws IOException {
        LoggedRows rows = LoggedRows.open(directory.resolve("rows"));
        int open = rows.openPacks().size();
        try (ChunkStore store = ChunkStore.open(hdfs.uri(), hdfs.configuration(), rows, config)) {
            assertThat(open).isPositive();
            assertThat(store.stats().packsRecovered()).isEqualTo(open);
            assertThat(rows.openPacks()).isEmpty();
            Map<Sha256, ChunkLocation> located = rows.locate(acknowledged);
            for (Sha256 hash : acknowledged) {
                ChunkLocation location = located.get(hash);
                if (location == null) {
                    throw new AssertionError("acknowledged, and no row: " + hash);
                }
                assertThat(Sha256.hash(store.read(hash, location))).isEqualTo(hash);
            }
        }
    }
}
