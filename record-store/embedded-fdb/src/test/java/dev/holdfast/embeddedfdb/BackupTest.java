package dev.holdfast.embeddedfdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.embeddedfdb.engine.Backup;
import dev.holdfast.embeddedfdb.engine.OpenException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Copies taken while commits go on, and what comes of them. */
final class BackupTest {
    @TempDir Path directory;

    /** Each commit moves one from the left to the right, so that every state has the same sum. */
    private static void move(EmbeddedDatabase database) {
        database.run(transaction -> {
            long left = value(transaction.get(Tuple.from("left").pack()).join());
            long right = value(transaction.get(Tuple.from("right").pack()).join());
            transaction.set(Tuple.from("left").pack(), Tuple.from(left - 1).pack());
            transaction.set(Tuple.from("right").pack(), Tuple.from(right + 1).pack());
            transaction.set(Tuple.from("row", right).pack(), new byte[2_000]);
            return null;
        });
    }

    private static long value(byte[] stored) {
        return stored == null ? 0 : Tuple.fromBytes(stored).getLong(0);
    }

    @Test
    void copiesOneMomentWhileCommitsGoOnAndRestoresIt() throws Exception {
        Path backup = directory.resolve("backup");
        List<Long> told = new ArrayList<>();
        try (EmbeddedDatabase database = EmbeddedFoundationDb.open(directory.resolve("db"))) {
            for (int i = 0; i < 200; i++) {
                move(database);
            }
            AtomicBoolean stop = new AtomicBoolean();
            Thread mover =
                    Thread.ofPlatform()
                            .start(() -> {
                                while (!stop.get()) {
                                    move(database);
                                }
                            });
            database.backup(backup, (copied, total) -> told.add(copied));
            stop.set(true);
            mover.join();
        }
        assertThat(told).isNotEmpty().isSorted();
        Path restored = directory.resolve("restored");
        told.clear();
        EmbeddedFoundationDb.restore(
                backup,
                restored,
                (copied, total) -> {
                    assertThat(copied).isLessThanOrEqualTo(total);
                    told.add(copied);
                });
        assertThat(told).isNotEmpty().isSorted();
        try (EmbeddedDatabase database = EmbeddedFoundationDb.open(restored)) {
            List<KeyValue> rows =
                    database.read(transaction ->
                            transaction.getRange(Tuple.from("row").range()).asList().join());
            long right =
                    database.read(transaction ->
                            value(transaction.get(Tuple.from("right").pack()).join()));
            long left =
                    database.read(transaction ->
                            value(transaction.get(Tuple.from("left").pack()).join()));
            assertThat(right).isGreaterThanOrEqualTo(200);
            assertThat(left + right).isZero();
            assertThat(rows).hasSize((int) right);
            move(database);
        }
        try (Stream<Path> left = Files.list(directory.resolve("db"))) {
            assertThat(left.map(file -> file.getFileName().toString()))
                    .noneMatch(name -> name.startsWith(".copying"));
        }
    }

    /** What a process leaves that is killed while it copies would keep old files for ever. */
    @Test
    void opensWithoutTheLinksOfACopyThatWasCutOff() throws IOException {
        Path db = directory.resolve("db");
        Path links = db.resolve(".copying-17");
        Path own = db.resolve("backup-of-mine");
        try (EmbeddedDatabase database = EmbeddedFoundationDb.open(db)) {
            move(database);
            database.backup(own, Backup.Progress.NONE);
        }
        Files.createDirectories(links);
        Files.writeString(links.resolve("000007.sst"), "x");
        try (EmbeddedDatabase database = EmbeddedFoundationDb.open(db)) {
            move(database);
        }
        assertThat(links).doesNotExist();
        assertThat(own.resolve("format")).exists();
    }

    @Test
    void refusesToOverwriteAndToRestoreADamagedBackup() throws IOException {
        Path backup = directory.resolve("backup");
        try (EmbeddedDatabase database = EmbeddedFoundationDb.open(directory.resolve("db"))) {
            move(database);
            database.backup(backup, Backup.Progress.NONE);
            assertThatThrownBy(() -> database.backup(backup, Backup.Progress.NONE))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("not empty");
        }
        try (Stream<Path> files = Files.list(backup.resolve("data"))) {
            Path table =
                    files.filter(file -> file.toString().endsWith(".sst"))
                            .findFirst()
                            .orElseThrow();
            Files.delete(table);
        }
        assertThatThrownBy(() ->
                        EmbeddedFoundationDb.restore(
                                backup, directory.resolve("r"), Backup.Progress.NONE))
                .isInstanceOf(OpenException.Damaged.class);
    }
}
