package dev.holdfast.sync.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.tree.Fingerprint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The promises of the disk on a real one. */
class FolderDiskTest {
    private static final Optional<AtomicRenames> NONE = Optional.empty();
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

    /** A folder that became a file takes what it held with it. */
    @Test
    void nothingIsBelowAFile() throws IOException {
        Files.writeString(folder.resolve("file"), "text");
        assertThat(disk.look("file/below")).isNull();
        assertThat(disk.look("file/below/deeper")).isNull();
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
        RestingPlace resting = resting();
        String id = resting.prepare("x", "a", print("a"), staged.print(), 0);
        Files.move(((StagedFile) staged).path(), resting.file(id), StandardCopyOption.ATOMIC_MOVE);
        assertThat(disk.displaced()).isEmpty();
        assertThat(resting.file(id)).doesNotExist();
        assertThat(folder.resolve("a")).hasContent("users");
        assertThat(folder.resolve(".holdfast/displaced")).isEmptyDirectory();
    }

    private RestingPlace resting() {
        return new RestingPlace(folder.resolve(".holdfast/displaced"));
    }

    @Test
    void aLateWriteIsRescuedAlsoWhenTheNoteOfItsPathIsLost() throws IOException {
        Files.writeString(folder.resolve("a"), "old");
        assertThat(disk.remove("a", print("a"))).isInstanceOf(Change.Done.class);
        String id = disk.displaced().getFirst().id();
        Files.delete(folder.resolve(".holdfast/displaced/" + id + ".note"));
        Files.writeString(resting().file(id), "written late");
        Displaced rest = disk.displaced().getFirst();
        assertThat(rest.path()).isEqualTo("recovered file");
        assertThat(disk.release(rest, "rescued")).isTrue();
        assertThat(folder.resolve("rescued")).hasContent("written late");
    }

    @Test
    void whatSomebodyElsePutWhereFilesRestIsLeftAlone() throws IOException {
        Path foreign = Files.writeString(folder.resolve(".holdfast/displaced/mine_own"), "mine");
        assertThat(disk.displaced()).isEmpty();
        assertThat(foreign).hasContent("mine");
    }

    /** A disk on which somebody does something between the last look and the exchange. */
    private FolderDisk disturbed(Optional<AtomicRenames> renames, List<String> saves)
            throws IOException {
        List<String> left = new ArrayList<>(saves);
        return new FolderDisk(
                folder,
                "marker",
                new Random(2),
                InstantSource.system(),
                () -> {
                    try {
                        if (!left.isEmpty()) {
                            Path next = folder.resolve("next");
                            Files.writeString(next, left.removeFirst());
                            Files.move(
                                    next,
                                    folder.resolve("a"),
                                    StandardCopyOption.REPLACE_EXISTING,
                                    StandardCopyOption.ATOMIC_MOVE);
                        }
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    return renames;
                });
    }

    @Test
    void whatIsSavedInTheWindowBeforeTheExchangeStays() throws IOException {
        for (Optional<AtomicRenames> renames : List.of(NativeRename.load(), NONE)) {
            Files.writeString(folder.resolve("a"), "old");
            Fingerprint expected = print("a");
            try (FolderDisk other = disturbed(renames, List.of("saved in the window"));
                    Staged staged = staged("new")) {
                assertThat(other.exchange(staged, "a", expected)).isInstanceOf(Change.Stale.class);
            }
            assertThat(folder.resolve("a")).hasContent("saved in the window");
            assertThat(disk.displaced()).isEmpty();
            assertThat(folder.resolve(".holdfast/tmp")).isEmptyDirectory();
        }
    }

    /** A disk on which somebody deletes what arrives in the moment in which it does. */
    private FolderDisk hasty(AtomicRenames renames) throws IOException {
        AtomicRenames hasty =
                new AtomicRenames() {
                    @Override
                    public Outcome moveToFree(Path from, Path to) {
                        return deleted(renames.moveToFree(from, to), to);
                    }

                    @Override
                    public Outcome exchange(Path one, Path other) {
                        return deleted(renames.exchange(one, other), other);
                    }

                    private Outcome deleted(Outcome outcome, Path arrived) {
                        try {
                            Files.delete(arrived);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                        return outcome;
                    }
                };
        return new FolderDisk(
                folder, "marker", new Random(3), InstantSource.system(), () -> Optional.of(hasty));
    }

    @Test
    void whatIsDeletedInTheMomentOfItsArrivalWasThere() throws IOException {
        try (FolderDisk other = hasty(NativeRename.load().orElseThrow());
                Staged staged = staged("new");
                Staged newer = staged("newer")) {
            assertThat(other.publish(staged, "a"))
                    .isInstanceOfSatisfying(
                            Change.Done.class,
                            done -> {
                                assertThat(done.entry().name()).isEqualTo("a");
                                assertThat(done.entry().print().size()).isEqualTo(3);
                                assertThat(done.entry().print().mtime()).isEqualTo(MTIME);
                            });
            Files.writeString(folder.resolve("b"), "old");
            Fingerprint ours = newer.print();
            assertThat(other.exchange(newer, "b", print("b")))
                    .isInstanceOfSatisfying(
                            Change.Done.class,
                            done -> assertThat(done.entry().print().sameBytes(ours)).isTrue());
            Files.writeString(folder.resolve("c"), "moved");
            assertThat(other.move("c", "d", print("c"))).isInstanceOf(Change.Done.class);
        }
        assertThat(folder.resolve(".holdfast/tmp")).isEmptyDirectory();
    }

    @Test
    void aDiskThatCannotExchangeNamesReplacesAFileAndKeepsTheOldOne() throws IOException {
        Files.writeString(folder.resolve("a"), "old");
        try (FolderDisk plain = disturbed(NONE, List.of())) {
            assertThat(plain.exchange(staged("new"), "a", print("a")))
                    .isInstanceOf(Change.Done.class);
            assertThat(folder.resolve("a")).hasContent("new");
            Displaced rest = plain.displaced().getFirst();
            assertThat(resting().file(rest.id())).hasContent("old");
            assertThat(plain.publish(staged("other"), "a")).isInstanceOf(Change.Stale.class);
            assertThat(plain.move("a", "b", print("a"))).isInstanceOf(Change.Done.class);
            Files.writeString(folder.resolve("c"), "c");
            assertThat(plain.move("b", "c", print("b"))).isInstanceOf(Change.Stale.class);
            assertThat(folder.resolve("b")).hasContent("new");
        }
    }

    @Test
    void nothingIsWrittenThroughASymlinkOrOutOfTheFolder(@TempDir Path outside) throws IOException {
        Files.writeString(outside.resolve("there"), "untouched");
        Files.createSymbolicLink(folder.resolve("d"), outside);
        assertThat(disk.publish(staged("new"), "d/a")).isInstanceOf(Change.Stale.class);
        assertThat(disk.makeFolder("d/f")).isInstanceOf(Change.Stale.class);
        assertThat(disk.makeSymlink("d/l", "x")).isInstanceOf(Change.Stale.class);
        Fingerprint there = Attributes.read(outside.resolve("there"), "x").print();
        assertThat(disk.remove("d/there", there)).isInstanceOf(Change.Stale.class);
        assertThat(disk.exchange(staged("new"), "d/there", there)).isInstanceOf(Change.Stale.class);
        Files.writeString(folder.resolve("a"), "a");
        assertThat(disk.move("a", "d/a", print("a"))).isInstanceOf(Change.Stale.class);
        try (Stream<Path> names = Files.list(outside)) {
            assertThat(names).containsExactly(outside.resolve("there"));
        }
        assertThat(outside.resolve("there")).hasContent("untouched");
        for (String path : List.of("../a", "d/../../a", "/tmp/a")) {
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> disk.publish(staged("new"), path));
        }
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
