package dev.holdfast.embeddedfdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.apple.foundationdb.KeyValue;
import dev.holdfast.embeddedfdb.engine.OpenException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a directory that cannot be used is answered with, and that it is left as it was. */
final class OpenFailureTest {
    @TempDir Path directory;

    private Path db() {
        return directory.resolve("db");
    }

    private void fill(int commits) {
        try (EmbeddedDatabase database = EmbeddedFoundationDb.open(db())) {
            for (int i = 0; i < commits; i++) {
                byte[] key = ("key" + i).getBytes(StandardCharsets.US_ASCII);
                database.run(transaction -> {
                    transaction.set(key, new byte[500]);
                    return null;
                });
            }
        }
    }

    /** Every file but the lock with its bytes. */
    private Map<String, String> contents() {
        try (Stream<Path> files = Files.walk(db())) {
            Map<String, String> contents = new TreeMap<>();
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = db().relativize(file).toString();
                boolean log = name.contains("LOG") || name.endsWith("lock");
                if (!log) {
                    contents.put(
                            name,
                            new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
                }
            }
            return contents;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private Path newestLog() throws IOException {
        try (Stream<Path> files = Files.list(db().resolve("data"))) {
            return files.filter(file -> file.toString().endsWith(".log"))
                    .max(Path::compareTo)
                    .orElseThrow();
        }
    }

    @Test
    void refusesASecondOpener() {
        try (EmbeddedDatabase first = EmbeddedFoundationDb.open(db())) {
            assertThat(first.statistics().commits()).isZero();
            assertThatThrownBy(() -> EmbeddedFoundationDb.open(db()))
                    .isInstanceOf(OpenException.Locked.class)
                    .hasMessageContaining("in use by another process. Stop that process");
        }
    }

    @Test
    void refusesANewerFormatWithoutTouchingIt() throws IOException {
        fill(3);
        Files.writeString(db().resolve("format"), "holdfast-embedded-fdb 2\n");
        Map<String, String> before = contents();
        assertThatThrownBy(() -> EmbeddedFoundationDb.open(db()))
                .isInstanceOf(OpenException.NewerFormat.class)
                .hasMessageContaining("format 2");
        assertThat(contents()).isEqualTo(before);
    }

    @Test
    void refusesADirectoryThatIsNoDatabase() throws IOException {
        Files.createDirectories(db());
        Files.writeString(db().resolve("holiday.jpg"), "x");
        assertThatThrownBy(() -> EmbeddedFoundationDb.open(db()))
                .isInstanceOf(OpenException.Unwritable.class);
        Files.delete(db().resolve("holiday.jpg"));
        fill(1);
    }

    @Test
    void refusesAPlaceThatIsAFile() throws IOException {
        Files.writeString(db(), "x");
        assertThatThrownBy(() -> EmbeddedFoundationDb.open(db()))
                .isInstanceOf(OpenException.Unwritable.class)
                .hasMessageContaining("cannot be written");
    }

    @Test
    void refusesALogThatLostAcknowledgedCommits() throws IOException {
        fill(50);
        Path log = newestLog();
        byte[] whole = Files.readAllBytes(log);
        Files.write(log, Arrays.copyOf(whole, whole.length / 2));
        Map<String, String> before = contents();
        assertThatThrownBy(() -> EmbeddedFoundationDb.open(db()))
                .isInstanceOf(OpenException.Damaged.class)
                .hasMessageContaining("was acknowledged");
        assertThat(contents()).isEqualTo(before);
    }

    @Test
    void refusesALogWithAFlippedBitInTheMiddle() throws IOException {
        fill(50);
        Path log = newestLog();
        byte[] whole = Files.readAllBytes(log);
        whole[whole.length / 2] ^= 4;
        Files.write(log, whole);
        Map<String, String> before = contents();
        assertThatThrownBy(() -> EmbeddedFoundationDb.open(db()))
                .isInstanceOf(OpenException.Damaged.class);
        assertThat(contents()).isEqualTo(before);
    }

    /** After a power failure the mark of what was acknowledged may be an older one. */
    @Test
    void refusesALogThatIsBrokenBeforeOtherCommitsEvenWhereTheMarkIsOld() throws IOException {
        fill(5);
        byte[] oldMark = Files.readAllBytes(db().resolve("acknowledged"));
        // More than a block of the log, whose rest is not read behind a broken record.
        fill(200);
        Files.write(db().resolve("acknowledged"), oldMark);
        Path log = newestLog();
        byte[] whole = Files.readAllBytes(log);
        whole[whole.length / 2] ^= 4;
        Files.write(log, whole);
        assertThatThrownBy(() -> EmbeddedFoundationDb.open(db()))
                .isInstanceOf(OpenException.Damaged.class)
                .hasMessageContaining("broken between versions");
    }

    @Test
    void refusesAFlippedBitInTheLastCommit() throws IOException {
        fill(50);
        Path log = newestLog();
        byte[] whole = Files.readAllBytes(log);
        whole[whole.length - 5] ^= 4;
        Files.write(log, whole);
        assertThatThrownBy(() -> EmbeddedFoundationDb.open(db()))
                .isInstanceOf(OpenException.Damaged.class);
    }

    /** The mark is kept twice; what is broken of it asks for no commits that never were. */
    @Test
    void opensWhereOneHalfOfTheMarkIsBrokenAndStillMissesWhatTheOtherNames() throws IOException {
        fill(50);
        for (int slot = 0; slot < 2; slot++) {
            byte[] mark = Files.readAllBytes(db().resolve("acknowledged"));
            byte[] broken = mark.clone();
            broken[16 * slot] ^= 0x40;
            Files.write(db().resolve("acknowledged"), broken);
            try (EmbeddedDatabase database = EmbeddedFoundationDb.open(db())) {
                assertThat(database.isWritable()).isTrue();
            }
            Files.write(db().resolve("acknowledged"), mark);
        }
        fill(50);
        byte[] mark = Files.readAllBytes(db().resolve("acknowledged"));
        mark[0] ^= 0x40;
        Files.write(db().resolve("acknowledged"), mark);
        Path log = newestLog();
        byte[] whole = Files.readAllBytes(log);
        Files.write(log, Arrays.copyOf(whole, whole.length / 2));
        assertThatThrownBy(() -> EmbeddedFoundationDb.open(db()))
                .isInstanceOf(OpenException.Damaged.class)
                .hasMessageContaining("was acknowledged");
    }

    @Test
    void refusesADirectoryWhoseDataIsGone() throws IOException {
        fill(3);
        try (Stream<Path> files = Files.walk(db().resolve("data"))) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
        assertThatThrownBy(() -> EmbeddedFoundationDb.open(db()))
                .isInstanceOf(OpenException.Damaged.class)
                .hasMessageContaining("data is missing");
    }

    /**
     * Some kinds of records make RocksDB read for ever; one bit makes such a kind of a right one.
     */
    @Test
    @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void refusesARecordWhoseKindIsWrongWhereSomethingAcknowledgedIsInIt() throws IOException {
        fill(50);
        Path log = newestLog();
        byte[] whole = Files.readAllBytes(log);
        for (int kind : new int[] {5, 6, 7, 8, 11, 130, 131, 255, 9, 10, 129, 0, 3}) {
            byte[] broken = whole.clone();
            broken[6] = (byte) kind;
            Files.write(log, broken);
            Map<String, String> before = contents();
            assertThatThrownBy(() -> EmbeddedFoundationDb.open(db()))
                    .as("kind %d", kind)
                    .isInstanceOf(OpenException.Damaged.class);
            assertThat(contents()).isEqualTo(before);
        }
    }

    @Test
    @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void refusesAManifestWithARecordWhoseKindIsWrong() throws IOException {
        fill(3);
        Path data = db().resolve("data");
        Path manifest = data.resolve(Files.readString(data.resolve("CURRENT")).strip());
        byte[] broken = Files.readAllBytes(manifest);
        int second = 7 + ((broken[4] & 0xff) | ((broken[5] & 0xff) << 8));
        broken[second + 6] = 5;
        Files.write(manifest, broken);
        Map<String, String> before = contents();
        assertThatThrownBy(() -> EmbeddedFoundationDb.open(db()))
                .isInstanceOf(OpenException.Damaged.class)
                .hasMessageContaining("MANIFEST");
        assertThat(contents()).isEqualTo(before);
    }

    @Test
    @Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void opensALogWithARecordOfAnyKindBehindTheLastWrite() throws IOException {
        fill(3);
        for (int kind = 0; kind < 256; kind += kind < 12 || (kind >= 128 && kind < 132) ? 1 : 29) {
            Path log;
            // Opening makes a new log, which is empty until the first commit.
            try (EmbeddedDatabase database = EmbeddedFoundationDb.open(db())) {
                database.run(transaction -> {
                    transaction.set(new byte[] {7}, new byte[100]);
                    return true;
                });
                log = newestLog();
            }
            byte[] whole = Files.readAllBytes(log);
            byte[] longer = Arrays.copyOf(whole, whole.length + 60);
            longer[whole.length + 4] = 30;
            longer[whole.length + 6] = (byte) kind;
            Files.write(log, longer);
            try (EmbeddedDatabase database = EmbeddedFoundationDb.open(db())) {
                byte[] last = database.read(reader -> reader.get(new byte[] {7}).join());
                assertThat(last).as("kind %d", kind).hasSize(100);
            }
        }
    }

    @Test
    void opensALogWithAWriteThatACrashTore() throws IOException {
        fill(50);
        Path log = newestLog();
        byte[] whole = Files.readAllBytes(log);
        // The beginning of one more record, as a crash in the middle of writing it leaves.
        byte[] torn = Arrays.copyOf(whole, whole.length + 40);
        System.arraycopy(whole, 0, torn, whole.length, 40);
        Files.write(log, torn);
        try (EmbeddedDatabase database = EmbeddedFoundationDb.open(db())) {
            List<KeyValue> rows =
                    database.read(transaction ->
                            transaction
                                    .getRange(new byte[0], new byte[] {(byte) 0xff})
                                    .asList()
                                    .join());
            assertThat(rows).hasSize(50);
        }
    }
}
