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
import org.junit.jupiter.api.Test;

/** The writer, NameNode and DataNode killed at once, at any moment. */
final class CrashTest {
    private static final int LOOPS = Boolean.getBoolean("holdfast.soak") ? 100 : 3;

    @Test
    void everythingAcknowledgedIsReadableAfterKillMinusNine() throws Exception {
        long seed = Long.getLong("holdfast.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        Path directory = Files.createTempDirectory("holdfast-crash-");
        List<Sha256> acknowledged = new ArrayList<>();
        try {
            for (int loop = 0; loop < LOOPS; loop++) {
                int before = acknowledged.size();
                writeUntilKilled(directory, random.nextLong(), random.nextInt(400), acknowledged);
                assertThat(acknowledged).hasSizeGreaterThan(before);
            }
            verify(directory, acknowledged);
        } catch (AssertionError | Exception e) {
            throw new AssertionError(
                    "replay: -Dtest=CrashTest -Dholdfast.seed=" + seed + " in " + directory, e);
        }
        SharedHdfs.delete(directory);
    }

    private static void writeUntilKilled(
            Path directory, long seed, int acknowledgements, List<Sha256> acknowledged)
            throws Exception {
        Process process =
                new ProcessBuilder(
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
                                Long.toString(seed))
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
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
    }

    private static void verify(Path directory, List<Sha256> acknowledged) throws IOException {
        LoggedRows rows = LoggedRows.open(directory.resolve("rows"));
        int open = rows.openPacks().size();
        try (EmbeddedHdfs hdfs = EmbeddedHdfs.start(directory.resolve("hdfs"), 1, 1);
                ChunkStore store =
                        ChunkStore.open(
                                hdfs.uri(),
                                hdfs.configuration(),
                                rows,
                                ChunkStoreConfig.forEmbedded(1))) {
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
