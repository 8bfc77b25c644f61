package dev.holdfast.sync.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.tree.Fingerprint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The promises of the disk on a real one. */
class FolderDiskTest {
    private static final long MTIME = 1_234_567_890_123_456_789L;

    @TempDir Path folder = Path.of("");

    private FolderDisk disk() throws IOException {
        return new FolderDisk(folder, "marker", new Random(1), InstantSource.system());
    }

    private FolderDisk disk;

    @BeforeEach
    void open() throws IOException {
        Path own = Files.createDirectory(folder.resolve(FolderDisk.OWN_FOLDER));
        Files.writeString(own.resolve(FolderDisk.MARKER), "marker\n");
        disk = disk();
    }

    @AfterEach
    void close() {
        disk.close();
    }

    private Staged staged(String text) throws IOException {
        Staged staged = disk.stage();
        staged.write(0, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
        staged.finish(MTIME, true);
        disk.sync(List.of(staged));
        return staged;
    }

    private Fingerprint print(String path) throws IOException {
        return Objects.requireNonNull(disk.look(path)).print();
    }

    @Test
    void aFileIsPublishedWithItsTimesAndItsExecutableBit() throws IOException {
        Change change = disk.publish(staged("text"), "\u00fcn\u00ef \u2603");
        assertThat(change).isInstanceOf(Change.Done.class);
        DiskEntry entry = Objects.requireNonNull(disk.look("\u00fcn\u00ef \u2603"));
        assertThat(entry.kind()).isEqualTo(NodeKind.FILE);
        assertThat(entry.print().mtime()).isEqualTo(MTIME);
        assertThat(entry.executable()).isTrue();
        assertThat(folder.resolve("\u00fcn\u00ef \u2603")).hasContent("text");
    }

    @Test
    void publishingNeverOverwrites() throws IOException {
        Files.writeString(folder.resolve("a"), "mine");
        try (Staged staged = staged("theirs")) {
            assertThat(disk.publish(staged, "a")).isInstanceOf(Change.Stale.class);
        }
        assertThat(folder.resolve("a")).hasContent("mine");
        assertThat(folder.resolve(".holdfast/tmp")).isEmptyDirectory();
    }

    @Test
    void anExchangeKeepsTheOldFileForAWhile() throws IOException {
        Files.writeString(folder.resolve("a"), "old");
        assertThat(disk.exchange(staged("new"), "a", print("a"))).isInstanceOf(Change.Done.class);
        assertThat(folder.resolve("a")).hasContent("new");
        Displaced rest = disk.displaced().getFirst();
        assertThat(rest.path()).isEqualTo("a");
        assertThat(disk.release(rest, "rescued")).isFalse();
        assertThat(disk.displaced()).isEmpty();
        assertThat(folder.resolve("rescued")).doesNotExist();
    }

    @Test
    void anExchangeIsRefusedWhenTheTargetIsNotTheExpectedOne() throws IOException {
        Files.writeString(folder.resolve("a"), "old");
        Fingerprint expected = print("a");
        Files.writeString(folder.resolve("a"), "edited meanwhile");
        try (Staged staged = staged("new")) {
            assertThat(disk.exchange(staged, "a", expected)).isInstanceOf(Change.Stale.class);
        }
        assertThat(folder.resolve("a")).hasContent("edited meanwhile");
    }

    @Test
    void aLateWriteToADisplacedFileIsRescued() throws IOException {
        Path file = Files.writeString(folder.resolve("a"), "old");
        try (var late = Files.newOutputStream(file, java.nio.file.StandardOpenOption.APPEND)) {
            assertThat(disk.exchange(staged("new"), "a", print("a")))
                    .isInstanceOf(Change.Done.class);
            late.write(" and more".getBytes(StandardCharsets.UTF_8));
        }
        assertThat(disk.release(disk.displaced().getFirst(), "rescued")).isTrue();
        assertThat(folder.resolve("rescued")).hasContent("old and more");
        assertThat(folder.resolve("a")).hasContent("new");
    }

    @Test
    void whatAnUnfinishedExchangeLeftIsNotTakenForTheUsersFile() throws IOException {
        Files.writeString(folder.resolve("a"), "users");
        Staged staged = staged("ours");
        RestingPlace resting = new RestingPlace(folder.resolve(".holdfast/displaced"));
        resting.note(new Displaced("x", "a", print("a"), 0), staged.print().inode());
        Files.move(((StagedFile) staged).path(), resting.file("x"), StandardCopyOption.ATOMIC_MOVE);
        assertThat(disk.displaced()).isEmpty();
        assertThat(resting.file("x")).doesNotExist();
        assertThat(folder.resolve("a")).hasContent("users");
    }

    @Test
    void removalIsRefusedWhenTheFileIsNotTheExpectedOne() throws IOException {
        Files.writeString(folder.resolve("a"), "old");
        Fingerprint expected = print("a");
        Files.writeString(folder.resolve("a"), "edited meanwhile");
        assertThat(disk.remove("a", expected)).isInstanceOf(Change.Stale.class);
        assertThat(folder.resolve("a")).hasContent("edited meanwhile");
        assertThat(disk.remove("a", print("a"))).isInstanceOf(Change.Done.class);
        assertThat(folder.resolve("a")).doesNotExist();
        assertThat(disk.displaced()).hasSize(1);
    }

    @Test
    void movesNeverOverwrite() throws IOException {
        Files.writeString(folder.resolve("a"), "a");
        Files.writeString(folder.resolve("b"), "b");
        assertThat(disk.move("a", "b", print("a"))).isInstanceOf(Change.Stale.class);
        assertThat(folder.resolve("b")).hasContent("b");
        assertThat(disk.move("a", "c", print("a"))).isInstanceOf(Change.Done.class);
        assertThat(folder.resolve("c")).hasContent("a");
    }

    @Test
    void symlinksAreKeptAndNotFollowed() throws IOException {
        assertThat(disk.makeSymlink("l", "../outside")).isInstanceOf(Change.Done.class);
        assertThat(Objects.requireNonNull(disk.look("l")).target()).isEqualTo("../outside");
        assertThat(Files.isSymbolicLink(folder.resolve("l"))).isTrue();
        Path secret = Files.writeString(folder.resolveSibling("secret-" + System.nanoTime()), "s");
        Files.createSymbolicLink(folder.resolve("s"), secret);
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> disk.read("s"));
        Files.delete(secret);
    }

    @Test
    void aFolderThatIsNotEmptyIsNotRemoved() throws IOException {
        assertThat(disk.makeFolder("d")).isInstanceOf(Change.Done.class);
        Files.writeString(folder.resolve("d/a"), "a");
        assertThat(disk.removeFolder("d")).isInstanceOf(Change.Stale.class);
        Files.delete(folder.resolve("d/a"));
        assertThat(disk.removeFolder("d")).isInstanceOf(Change.Done.class);
    }

    @Test
    void aMissingOrForeignFolderIsAnError() throws IOException {
        Files.writeString(folder.resolve(".holdfast/folder"), "other");
        assertThatExceptionOfType(FolderMissingException.class).isThrownBy(disk::check);
        Files.delete(folder.resolve(".holdfast/folder"));
        assertThatExceptionOfType(FolderMissingException.class)
                .isThrownBy(disk::check)
                .withMessageContaining("nothing was changed");
    }

    @Test
    void theOwnFolderIsNotListed() throws IOException {
        Files.writeString(folder.resolve("a"), "a");
        List<DiskEntry> entries = Objects.requireNonNull(disk.list(""));
        assertThat(entries).extracting(DiskEntry::name).containsExactly("a");
        assertThat(disk.list("no such")).isNull();
    }

    @Test
    void attributesAreSetOnlyOnTheExpectedFile() throws IOException {
        Path file = Files.writeString(folder.resolve("a"), "a");
        Fingerprint expected = print("a");
        assertThat(disk.setAttributes("a", expected, MTIME, true)).isInstanceOf(Change.Done.class);
        assertThat(Files.isExecutable(file)).isTrue();
        assertThat(disk.setAttributes("a", expected, 1, false)).isInstanceOf(Change.Stale.class);
        assertThat(Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS))
                .isEqualTo(Attributes.time(MTIME));
    }
}
