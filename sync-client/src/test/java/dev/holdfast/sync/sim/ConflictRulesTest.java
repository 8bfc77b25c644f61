package dev.holdfast.sync.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.engine.Report;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Each rule for changes on both sides, with two devices that start from the same state. */
class ConflictRulesTest {
    private final SimClock clock = new SimClock();
    private final ModelServer server = new ModelServer(new NamespaceId(new Id128(1, 1)));
    private final SimDevice one = device("one", 1);
    private final SimDevice two = device("two", 2);

    private SimDevice device(String name, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return new SimDevice(name, server, clock, random, Faults.none(clock));
    }

    private SimInode file(SimDevice device, String path, String text) {
        SimInode file = device.disk.create(NodeKind.FILE);
        file.bytes = text.getBytes(StandardCharsets.UTF_8);
        device.disk.link(path, file);
        clock.advanceMillis(100);
        return file;
    }

    private void folder(SimDevice device, String path) {
        device.disk.link(path, device.disk.create(NodeKind.FOLDER));
        clock.advanceMillis(100);
    }

    private void edit(SimDevice device, String path, String text) {
        SimInode file = Objects.requireNonNull(device.disk.at(path));
        file.bytes = text.getBytes(StandardCharsets.UTF_8);
        file.mtime = device.disk.create(NodeKind.FILE).mtime;
        file.ctime = file.mtime;
        clock.advanceMillis(100);
    }

    private void delete(SimDevice device, String path) {
        assertThat(device.disk.unlink(path)).isNotNull();
    }

    private void move(SimDevice device, String from, String to) {
        device.disk.link(to, Objects.requireNonNull(device.disk.unlink(from)));
    }

    private void sync(SimDevice... devices) {
        for (SimDevice device : devices) {
            try {
                device.sync();
            } catch (IOException e) {
                throw new AssertionError("no fault is simulated here", e);
            }
        }
    }

    private void both() {
        sync(one, two, one, two, one);
        clock.advanceMillis(70_000);
        sync(two, one, two);
        assertThat(one.picture()).isEqualTo(two.picture());
    }

    private String text(String path) {
        SimInode file = two.disk.at(path);
        return file == null ? "nothing" : new String(file.bytes, StandardCharsets.UTF_8);
    }

    private void paths(String... expected) {
        assertThat(two.picture().keySet()).containsExactlyInAnyOrder(expected);
    }

    @Test
    void createAndCreateOfEqualFilesAdoptOneNodeAndSendNothing() {
        SimInode first = file(one, "a", "same");
        sync(one);
        long received = server.bytesReceived;
        SimInode second = file(two, "a", "same");
        second.mtime = first.mtime;
        both();
        paths("a");
        assertThat(server.bytesReceived).isEqualTo(received);
        assertThat(server.bytesSent).isZero();
        assertThat(server.all()).hasSize(1);
    }

    @Test
    void createAndCreateOfDifferentFilesKeepBoth() {
        file(one, "a.txt", "first");
        file(two, "a.txt", "second");
        both();
        paths("a.txt", "a (conflicted copy, two 2026-01-02).txt");
        assertThat(text("a.txt")).isEqualTo("first");
        assertThat(text("a (conflicted copy, two 2026-01-02).txt")).isEqualTo("second");
    }

    @Test
    void createAndCreateOfFoldersMerge() {
        folder(one, "d");
        file(one, "d/x", "x");
        folder(two, "d");
        file(two, "d/y", "y");
        both();
        paths("d", "d/x", "d/y");
    }

    @Test
    void createAndCreateOfFileAndFolderKeepBothWhicheverIsLater() {
        file(one, "a", "file");
        folder(two, "a");
        file(two, "a/in", "in");
        folder(one, "b");
        file(two, "b", "file b");
        both();
        paths(
                "a",
                "a (conflicted copy, two 2026-01-02)",
                "a (conflicted copy, two 2026-01-02)/in",
                "b",
                "b (conflicted copy, two 2026-01-02)");
        assertThat(text("a")).isEqualTo("file");
    }

    @Test
    void editAndEditKeepBothAndLinkTheCopy() {
        file(one, "a", "base");
        both();
        edit(one, "a", "by one");
        edit(two, "a", "by two");
        both();
        paths("a", "a (conflicted copy, two 2026-01-02)");
        assertThat(text("a")).isEqualTo("by one");
        assertThat(text("a (conflicted copy, two 2026-01-02)")).isEqualTo("by two");
        assertThat(server.all().stream().filter(node -> node.conflictOf() != null)).hasSize(1);
    }

    @Test
    void editAndEditToTheSameBytesIsNoConflict() {
        file(one, "a", "base");
        both();
        edit(one, "a", "same");
        edit(two, "a", "same");
        both();
        paths("a");
        assertThat(text("a")).isEqualTo("same");
    }

    @Test
    void editWinsOverTrashWhicheverIsLater() {
        file(one, "a", "base");
        file(one, "b", "base");
        both();
        edit(one, "a", "edited first");
        delete(two, "a");
        delete(one, "b");
        edit(two, "b", "edited later");
        both();
        paths("a", "b");
        assertThat(text("a")).isEqualTo("edited first");
        assertThat(text("b")).isEqualTo("edited later");
    }

    @Test
    void moveAndEditBothApply() {
        file(one, "a", "base");
        both();
        move(one, "a", "b");
        edit(two, "a", "edited");
        both();
        paths("b");
        assertThat(text("b")).isEqualTo("edited");
    }

    @Test
    void editBelowATrashedFolderBringsBackOnlyWhatIsNeeded() {
        folder(one, "d");
        folder(one, "d/e");
        file(one, "d/e/a", "base");
        file(one, "d/other", "other");
        both();
        delete(one, "d");
        edit(two, "d/e/a", "edited");
        both();
        paths("d", "d/e", "d/e/a");
        assertThat(text("d/e/a")).isEqualTo("edited");
    }

    @Test
    void moveOutOfATrashedFolderLives() {
        folder(one, "d");
        file(one, "d/a", "base");
        file(one, "d/b", "other");
        both();
        delete(one, "d");
        move(two, "d/a", "kept");
        both();
        paths("kept");
    }

    @Test
    void moveIntoATrashedFolderBringsTheFolderBack() {
        folder(one, "d");
        file(one, "a", "base");
        both();
        delete(one, "d");
        move(two, "a", "d/a");
        both();
        paths("d", "d/a");
    }

    @Test
    void moveAndMoveFollowTheServersOrder() {
        file(one, "a", "base");
        both();
        move(one, "a", "first");
        move(two, "a", "second");
        both();
        paths("first");
    }

    @Test
    void aMoveThatWouldCloseARingIsUndone() {
        folder(one, "d");
        folder(one, "e");
        both();
        move(one, "d", "e/d");
        move(two, "e", "d/e");
        both();
        paths("e", "e/d");
    }

    @Test
    void changeOfTypeIsTrashAndCreate() {
        file(one, "a", "file");
        both();
        delete(one, "a");
        folder(one, "a");
        file(one, "a/in", "in");
        both();
        paths("a", "a/in");
    }

    @Test
    void lastAttributesWin() {
        file(one, "a", "base");
        both();
        Objects.requireNonNull(one.disk.at("a")).executable = true;
        Objects.requireNonNull(one.disk.at("a")).ctime++;
        sync(one);
        Objects.requireNonNull(two.disk.at("a")).mtime = 5;
        both();
        assertThat(Objects.requireNonNull(one.disk.at("a")).mtime).isEqualTo(5);
    }

    @Test
    void aTrashedFolderWithIgnoredFilesStaysAndSaysWhy() throws IOException {
        two.ignored = path -> path.endsWith(".o");
        folder(one, "d");
        file(one, "d/a", "base");
        both();
        file(two, "d/a.o", "mine");
        delete(one, "d");
        sync(one);
        Report report = two.sync();
        assertThat(two.disk.at("d/a.o")).isNotNull();
        assertThat(two.disk.at("d/a")).isNull();
        assertThat(report.waiting()).containsKey("d");
        assertThat(report.equal()).isTrue();
    }

    @Test
    void aTrashedFolderWithANewFileIsMadeAnew() {
        folder(one, "d");
        file(one, "d/a", "base");
        both();
        file(two, "d/new", "new");
        delete(one, "d");
        both();
        paths("d", "d/new");
    }

    @Test
    void whatIsNewlyIgnoredIsNeitherUploadedNorDeleted() {
        file(one, "a.o", "base");
        both();
        two.ignored = path -> path.endsWith(".o");
        delete(two, "a.o");
        sync(two, one);
        assertThat(one.disk.at("a.o")).isNotNull();
    }

    @Test
    void swapOfNamesNeedsNoBytes() {
        folder(one, "d");
        file(one, "d/x", "x");
        folder(one, "e");
        file(one, "e/y", "y");
        both();
        long sent = server.bytesSent + server.bytesReceived;
        move(one, "d", "tmp");
        move(one, "e", "d");
        move(one, "tmp", "e");
        both();
        paths("d", "d/y", "e", "e/x");
        assertThat(server.bytesSent + server.bytesReceived).isEqualTo(sent);
    }

    @Test
    void aRenamedFolderIsOneOperationAndNoBytes() {
        folder(one, "d");
        for (int i = 0; i < 200; i++) {
            file(one, "d/f" + i, "text " + i);
        }
        both();
        long sent = server.bytesSent + server.bytesReceived;
        int ops = server.opsDone;
        move(one, "d", "e");
        both();
        assertThat(two.picture()).hasSize(201).containsKey("e/f7");
        assertThat(server.opsDone).isEqualTo(ops + 1);
        assertThat(server.bytesSent + server.bytesReceived).isEqualTo(sent);
    }

    @Test
    void saveByRenameKeepsTheNode() {
        file(one, "a", "base");
        both();
        file(one, "a", "saved by renaming over");
        both();
        assertThat(server.all()).hasSize(1);
        assertThat(server.all().getFirst().contentRev()).isEqualTo(2);
    }

    @Test
    void aLostDatabaseLeadsToAMergeAndNoTransfer() {
        folder(one, "d");
        file(one, "d/a", "base");
        both();
        Map<String, String> before = two.picture();
        long sent = server.bytesSent + server.bytesReceived;
        two.forgets();
        both();
        assertThat(two.picture()).isEqualTo(before);
        assertThat(server.bytesSent + server.bytesReceived).isEqualTo(sent);
    }

    @Test
    void aResetCursorNeverDeletes() {
        folder(one, "d");
        file(one, "d/a", "base");
        both();
        Map<String, String> before = two.picture();
        server.epoch++;
        both();
        assertThat(two.picture()).isEqualTo(before);
    }

    /** The number of a revision that was lost is given again, to somebody else's edit. */
    @Test
    void aDeletionOnItsWayWhileTheServerIsRestoredTrashesNothing() {
        file(one, "a", "base");
        both();
        ServerBackup backup = server.backup();
        edit(one, "a", "lost");
        sync(one);
        delete(one, "a");
        edit(two, "a", "theirs");
        one.faults.disaster(where -> {
            if (where.equals("request: ops")) {
                one.faults.disaster(ignored -> {});
                server.restore(backup);
                sync(two);
            }
        });
        both();
        paths("a");
        assertThat(text("a")).isEqualTo("theirs");
    }

    @Test
    void largeFilesSendOnlyWhatChanged() {
        byte[] bytes = new byte[6 << 20];
        new SplittableRandom(3).nextBytes(bytes);
        SimInode file = file(one, "big", "");
        file.bytes = bytes;
        both();
        assertThat(server.bytesReceived).isEqualTo(bytes.length);
        byte[] longer = new byte[bytes.length + 1];
        System.arraycopy(bytes, 0, longer, 1, bytes.length);
        edit(one, "big", "");
        file.bytes = longer;
        server.bytesReceived = 0;
        server.bytesSent = 0;
        both();
        assertThat(server.bytesReceived).isLessThan(4 << 20);
        assertThat(server.bytesSent).isEqualTo(server.bytesReceived);
        assertThat(Objects.requireNonNull(two.disk.at("big")).bytes).isEqualTo(longer);
    }
}
