package dev.holdfast.embeddedfdb;

import static org.assertj.core.api.Assertions.assertThat;

import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.tuple.Tuple;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a process in the middle of its commits, over and over on the same directory: every
 * acknowledged commit must be there afterwards, and none in part.
 */
final class CrashLoopTest {
    @TempDir Path directory;

    @Test
    void keepsEveryAcknowledgedCommitAndNoneInPartWhenKilled() {
        int rounds = Boolean.getBoolean("holdfast.soak") ? 100 : 5;
        Seeds.each("CrashLoopTest", 1, random -> killAndCheck(rounds, random));
    }

    private void killAndCheck(int rounds, Random random) {
        Map<Integer, Long> acknowledged = new HashMap<>();
        for (int round = 0; round < rounds; round++) {
            try {
                killOnce(acknowledged, 50 + random.nextInt(1_500));
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
            check(acknowledged);
        }
        assertThat(acknowledged).hasSize(CrashChild.WORKERS);
    }

    private void killOnce(Map<Integer, Long> acknowledged, int linesBeforeKill) throws IOException {
        Process child =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-XX:+UseSerialGC",
                                "-XX:TieredStopAtLevel=1",
                                "-Xmx128m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                CrashChild.class.getName(),
                                directory.resolve("db").toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(child.getInputStream(), StandardCharsets.US_ASCII))) {
            int seen = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                int space = line.indexOf(' ');
                if (space > 0) {
                    acknowledged.merge(
                            Integer.valueOf(line.substring(0, space)),
                            Long.valueOf(line.substring(space + 1)),
                            Math::max);
                    if (++seen == linesBeforeKill) {
                        // Through the handle, which leaves what was printed to be read.
                        child.toHandle().destroyForcibly();
                    }
                }
            }
        } finally {
            child.toHandle().destroyForcibly();
            try {
                assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void check(Map<Integer, Long> acknowledged) {
        try (EmbeddedDatabase database = EmbeddedFoundationDb.open(directory.resolve("db"))) {
            for (int worker = 0; worker < CrashChild.WORKERS; worker++) {
                int number = worker;
                database.run(transaction -> {
                    checkWorker(transaction, number, acknowledged.getOrDefault(number, 0L));
                    return null;
                });
            }
        }
    }

    private static void checkWorker(Transaction transaction, int worker, long acknowledged) {
        byte[] last = transaction.get(CrashChild.lastKey(worker)).join();
        long stored = last == null ? 0 : Tuple.fromBytes(last).getLong(0);
        assertThat(stored).as("worker %d", worker).isGreaterThanOrEqualTo(acknowledged);
        List<Long> numbers =
                transaction
                        .getRange(Tuple.from("row", (long) worker).range())
                        .asList()
                        .join()
                        .stream()
                        .map(row -> Tuple.fromBytes(row.getKey()).getLong(2))
                        .toList();
        assertThat(numbers).hasSize((int) (stored * CrashChild.ROWS));
        for (int i = 0; i < numbers.size(); i++) {
            assertThat(numbers.get(i)).isEqualTo(i / CrashChild.ROWS + 1);
        }
    }
}
