package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static dev.holdfast.metadata.TestCell.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.TestCell.Read;
import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.ChangeKind;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.Place;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The changelog: order, pages, cursors, watches. */
class FeedTest {
    private final TestCell cell = new TestCell(11);
    private final TestDevice laptop = cell.account("ada");
    private final TestDevice phone = laptop.sibling("phone");

    @AfterEach
    void close() {
        cell.close();
    }

    @Test
    void aRenamedFolderOfAThousandFilesIsOneNodeAndOneChange() {
        NodeState folder = laptop.folder(laptop.root, "many");
        for (int batch = 0; batch < 10; batch++) {
            Op[] ops = new Op[100];
            for (int i = 0; i < ops.length; i++) {
                ops[i] =
                        new Op.CreateFolder(
                                laptop.next(), laptop.newNode(), folder.node(), batch + "-" + i);
            }
            laptop.apply(ops);
        }
        String before = phone.head();
        NodeState moved = laptop.done(laptop.move(folder, laptop.root, "renamed"));
        List<ChangeEntry> entries = phone.read(before, 1000).entries();
        assertThat(entries)
                .containsExactly(
                        new ChangeEntry(ChangeKind.MOVED, moved, new Place(laptop.root, "many")));
        assertThat(ok(cell.store.nodes().byPath(phone.caller, phone.ns, "renamed/3-7")).name())
                .isEqualTo("3-7");
    }

    @Test
    void aConfirmationTravelsWithTheTrash() {
        NodeState meant = laptop.folder(laptop.root, "meant");
        NodeState other = laptop.folder(laptop.root, "other");
        String before = phone.head();
        laptop.done(new Op.Trash(laptop.next(), meant.node(), null, laptop.head(), true));
        laptop.done(new Op.Trash(laptop.next(), other.node(), null, laptop.head()));
        assertThat(phone.read(before, 10).entries())
                .extracting(ChangeEntry::confirmed)
                .containsExactly(true, null);
        laptop.done(new Op.Restore(laptop.next(), meant.node(), null, null));
        laptop.done(new Op.Trash(laptop.next(), meant.node(), null, laptop.head()));
        assertThat(phone.read(before, 10).entries().getLast().confirmed())
                .as("each time anew")
                .isNull();
    }

    @Test
    void pagesOfAnySizeGiveTheSameEntriesInCommitOrder() {
        String start = phone.head();
        for (int batch = 0; batch < 25; batch++) {
            Op[] ops = new Op[1 + batch % 7];
            for (int i = 0; i < ops.length; i++) {
                ops[i] =
                        new Op.CreateFolder(
                                laptop.next(), laptop.newNode(), laptop.root, batch + "-" + i);
            }
            laptop.apply(ops);
        }
        List<ChangeEntry> all = phone.read(start, 1000).entries();
        assertThat(all).hasSize(94).doesNotHaveDuplicates();
        for (int limit : new int[] {1, 2, 3, 7, 16, 50, 93, 94, 95}) {
            assertThat(phone.read(start, limit).entries()).as("limit " + limit).isEqualTo(all);
            assertThat(phone.read(null, limit).entries()).as("state " + limit).hasSize(94);
        }
    }

    @Test
    void anEmptyPageKeepsThePlace() {
        laptop.folder(laptop.root, "a");
        String head = phone.head();
        ChangesPage empty = ok(cell.store.feed().changes(phone.caller, phone.ns, head, 10));
        assertThat(empty.entries()).isEmpty();
        assertThat(empty.hasMore()).isFalse();
        laptop.folder(laptop.root, "b");
        assertThat(phone.read(empty.cursor(), 10).entries()).hasSize(1);
    }

    @Test
    void whatChangesDuringAFirstSyncIsMetInTheStateOrInTheChanges() {
        List<NodeState> folders = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            folders.add(laptop.folder(laptop.root, "f" + i));
        }
        ChangesPage first = ok(cell.store.feed().changes(phone.caller, phone.ns, null, 3));
        assertThat(first.hasMore()).isTrue();
        NodeState moved = laptop.done(laptop.move(folders.getFirst(), laptop.root, "renamed"));
        NodeState gone = folders.get(1);
        laptop.done(laptop.trashFolder(gone.node(), laptop.head()));
        laptop.apply(new Op.Purge(laptop.next(), gone.node()));
        Read rest = phone.read(first.cursor(), 3);
        assertThat(rest.entries()).extracting(ChangeEntry::node).contains(moved);
        assertThat(rest.entries())
                .filteredOn(e -> e.kind() == ChangeKind.PURGED)
                .extracting(e -> e.node().node())
                .containsExactly(gone.node());
        assertThat(phone.read(rest.cursor(), 3).entries()).isEmpty();
        assertThat(phone.read(null, 3).entries())
                .as("a tombstone is of no use to who never saw the node")
                .extracting(ChangeEntry::kind)
                .containsOnly(ChangeKind.STATE);
    }

    @Test
    void cursorsAreAuthenticatedAndBoundToTheirNamespace() {
        laptop.folder(laptop.root, "a");
        String head = laptop.head();
        TestDevice bob = cell.account("bob");
        List<String> bad = new ArrayList<>(List.of("", "nonsense", head + "A", head.substring(1)));
        char[] flipped = head.toCharArray();
        flipped[20] = flipped[20] == 'A' ? 'B' : 'A';
        bad.add(new String(flipped));
        bad.add(bob.head());
        for (String cursor : bad) {
            assertThat(refused(cell.store.feed().changes(laptop.caller, laptop.ns, cursor, 10)))
                    .as(cursor)
                    .isEqualTo(ProblemCode.CURSOR_RESET);
            assertThat(refused(cell.store.feed().ack(laptop.caller, laptop.ns, cursor)))
                    .isEqualTo(ProblemCode.CURSOR_RESET);
        }
        assertThat(refused(cell.store.feed().changes(laptop.caller, laptop.ns, head, 0)))
                .isEqualTo(ProblemCode.INVALID);
    }

    @Test
    void acksTolerateReplaysAndNeverGoBack() {
        String old = laptop.head();
        laptop.folder(laptop.root, "a");
        String head = laptop.head();
        for (String cursor : List.of(head, old, head)) {
            ok(cell.store.feed().ack(laptop.caller, laptop.ns, cursor));
        }
        assertThat(cell.store.accounts().devices())
                .filteredOn(d -> d.device().equals(laptop.registered.device()))
                .allSatisfy(d -> assertThat(d.lastSeenMillis()).isEqualTo(cell.nowMillis.get()));
    }

    @Test
    void aCursorSurvivesARestartOfTheSameDirectory() {
        laptop.folder(laptop.root, "a");
        String head = laptop.head();
        try (MetadataStore again = cell.reopen()) {
            assertThat(again.cellId()).isEqualTo(cell.store.cellId());
            laptop.folder(laptop.root, "b");
            assertThat(ok(again.feed().changes(laptop.caller, laptop.ns, head, 10)).entries())
                    .hasSize(1);
        }
    }

    @Test
    void aWatchCompletesWithTheNextChangeAndNotBefore() throws Exception {
        try (FeedWatch watch = cell.store.feed().watch(phone.ns);
                FeedWatch other = cell.store.feed().watch(phone.ns)) {
            assertThat(phone.read(phone.head(), 1).entries()).isEmpty();
            assertThat(watch.moved()).isNotDone();
            laptop.folder(laptop.root, "a");
            watch.moved().get(10, TimeUnit.SECONDS);
            other.moved().get(10, TimeUnit.SECONDS);
        }
        try (FeedWatch next = cell.store.feed().watch(phone.ns)) {
            assertThat(next.moved()).isNotDone();
            laptop.folder(laptop.root, "b");
            next.moved().get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void aClosedStoreReleasesItsWaiters() throws Exception {
        FeedWatch watch = cell.store.feed().watch(phone.ns);
        cell.store.close();
        watch.moved().get(10, TimeUnit.SECONDS);
        watch.close();
    }

    @Test
    void aDeviceThatIsSilentIsSeenAgainWithItsNextAck() {
        String head = laptop.head();
        ok(cell.store.feed().ack(laptop.caller, laptop.ns, head));
        cell.pass(Duration.ofMinutes(6));
        ok(cell.store.feed().ack(laptop.caller, laptop.ns, head));
        assertThat(cell.store.accounts().devices())
                .extracting(DeviceView::lastSeenMillis)
                .contains(cell.nowMillis.get());
    }
}
