package dev.holdfast.embeddedfdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.embeddedfdb.engine.OpenException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a process in the middle of its commits, over and over on the same directory: every
 * acknowledged commit must be there afterwards, and none in part, whatever is behind them in the
 * log.
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
                damageEndOfLog(round, random);
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
                if (line.equals("ready") && acknowledged.isEmpty()) {
                    assertThatThrownBy(() -> EmbeddedFoundationDb.open(directory.resolve("db")))
                            .as("while another process has it")
                            .isInstanceOf(OpenException.Locked.class);
                }
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

    /**
     * What a write that the end cut off may leave behind the last whole one: half of it, all of it
     * with wrong bits, or whatever the disk held there before. Nothing acknowledged is in that.
     */
    private void damageEndOfLog(int round, Random random) throws IOException {
        Path log = newestLog();
        byte[] whole = Files.readAllBytes(log);
        byte[] end =
                switch (round % 4) {
                    case 0 -> new byte[0];
                    case 1 -> Arrays.copyOf(whole, Math.min(whole.length, 20 + random.nextInt(20)));
                    case 2 -> withAWrongBit(firstRecord(whole), random);
                    default -> {
                        byte[] rest = new byte[random.nextInt(2_000)];
                        random.nextBytes(rest);
                        yield rest;
                    }
                };
        Files.write(log, end, StandardOpenOption.APPEND);
    }

    private Path newestLog() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("db").resolve("data"))) {
            return files.filter(file -> file.toString().endsWith(".log"))
                    .max(Path::compareTo)
                    .orElseThrow();
        }
    }

    /** A record of the log: checksum, length in two bytes, kind, and as many bytes. */
    private static byte[] firstRecord(byte[] log) {
        int head = 7;
        int length = log.length < head ? 0 : (log[4] & 0xff) | (log[5] & 0xff) << 8;
        return Arrays.copyOf(log, Math.min(log.length, head + length));
    }

    private static byte[] withAWrongBit(byte[] record, Random random) {
        if (record.length > 0) {
            record[random.nextInt(record.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return record;
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
