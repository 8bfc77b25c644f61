package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static org.assertj.core.api.Assertions.assertThat;

import com.apple.foundationdb.record.provider.foundationdb.FDBStoreTimer;
import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Limits;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.NamespaceCreation;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Big things go in transactions of a bounded size, and in a number of them that grows with what
 * there is and not faster: a purged folder, a dropped namespace, a long list from its declaration
 * to the release of its last reference.
 */
class JobStepSizesTest {
    private static final boolean SOAK = Boolean.getBoolean("holdfast.soak");

    /** FoundationDB's advice; ten times as much is refused. */
    private static final long BYTES_MAX = 1_000_000;

    /** Keys a transaction reads, those inside saves included. */
    private static final int READS_MAX = 3_000;

    private static final Duration TIME_MAX = Duration.ofSeconds(1);

    private final Steps steps = new Steps();
    private final TestCell cell =
            new TestCell(95, TestDatabase.measured(TestDatabase.open(), steps::end));
    private final TestDevice ada = cell.account("ada");

    /** What the transactions since the last look came to. */
    private final class Steps {
        private long bytes;
        private long reads;
        private int commits;
        private long before;

        void end(long size) {
            // The cell itself is opened before its fields are there to be asked.
            long now = cell == null ? 0 : cell.timer.getCount(FDBStoreTimer.Counts.READS);
            commits++;
            bytes = Math.max(bytes, size);
            reads = Math.max(reads, now - before);
            before = now;
        }

        void reset() {
            bytes = 0;
            reads = 0;
            commits = 0;
            before = cell.timer.getCount(FDBStoreTimer.Counts.READS);
        }

        void check(String what, int commitsMax) {
            String found = what + ": " + commits + " commits, " + bytes + " bytes, " + reads;
            assertThat(bytes).as(found).isBetween(1L, BYTES_MAX);
            assertThat(reads).as(found).isLessThan(READS_MAX);
            assertThat(commits).as(found).isLessThanOrEqualTo(commitsMax);
        }
    }

    @AfterEach
    void close() {
        cell.close();
    }

    private void runJobs(String what, int commitsMax, Runnable begin) {
        Jobs jobs = new Jobs(cell.records, cell.config);
        steps.reset();
        begin.run();
        long slowest = 0;
        int taken = 0;
        long begun = System.nanoTime();
        while (jobs.run(1) > 0) {
            long now = System.nanoTime();
            slowest = Math.max(slowest, now - begun);
            begun = now;
            assertThat(++taken).as(what + " does not end").isLessThanOrEqualTo(2 * commitsMax);
        }
        steps.check(what, commitsMax);
        if (SOAK) {
            assertThat(Duration.ofNanos(slowest)).as(what).isLessThan(TIME_MAX);
        }
    }

    /** Folders of folders with files, some of which have old versions. */
    private int tree(TestDevice device, NodeId top, int folders, int each) {
        int rows = 0;
        for (int i = 0; i < folders; i++) {
            NodeState folder = device.folder(top, "folder " + i);
            NodeState below = device.folder(folder.node(), "below");
            rows += 2;
            for (int from = 0; from < each; from += 100) {
                List<Op> ops = new ArrayList<>();
                for (int k = from; k < Math.min(each, from + 100); k++) {
                    String name = "a name of quite usual length " + i + "-" + k;
                    ops.add(
                            device.createFile(
                                    device.newNode(),
                                    k % 2 == 0 ? folder.node() : below.node(),
                                    name,
                                    device.content(name),
                                    OnConflict.REJECT));
                }
                device.apply(ops.toArray(Op[]::new));
                rows += ops.size();
                Op.CreateFile first = (Op.CreateFile) ops.getFirst();
                for (int version = 1; version < 4; version++) {
                    device.done(device.put(first.node(), version, "version " + version));
                    rows++;
                }
            }
        }
        return rows;
    }

    /** Empty ones, a hundred in each of the first: the most that a purge finds to go down into. */
    private int emptyFolders(TestDevice device, NodeId top, int folders) {
        int rows = 0;
        NodeId parent = top;
        for (int from = 0; from < folders; from += 100) {
            Op[] ops = new Op[100];
            for (int k = 0; k < ops.length; k++) {
                ops[k] =
                        new Op.CreateFolder(
                                device.next(), device.newNode(), parent, "empty " + from + "-" + k);
            }
            device.apply(ops);
            rows += ops.length;
            parent = ((Op.CreateFolder) ops[0]).node();
        }
        return rows;
    }

    @Test
    void theStepsOfAPurgeAreBoundedAndFew() {
        NodeState top = ada.folder(ada.root, "top");
        int rows = tree(ada, top.node(), SOAK ? 3_000 : 4, SOAK ? 330 : 120);
        rows += emptyFolders(ada, top.node(), SOAK ? 10_000 : 400);
        ada.done(ada.trashFolder(top.node(), ada.head()));
        runJobs(
                "purge of " + rows + " rows",
                rows / 100 + 3,
                () -> ada.apply(new Op.Purge(ada.next(), top.node())));
        assertThat(ok(cell.store.namespaces().get(ada.caller, ada.ns)).usedBytes()).isZero();
        assertThat(ada.read(null, 1_000).entries()).isEmpty();
    }

    @Test
    void theStepsOfADroppedNamespaceAreBoundedAndFew() {
        NamespaceId team = NamespaceId.random(cell.random);
        ok(cell.store.namespaces().create(ada.caller, new NamespaceCreation(team, "team")));
        TestDevice there = ada.at(team);
        int rows = tree(there, there.root, SOAK ? 300 : 3, SOAK ? 330 : 120);
        // Versions, nodes, members and the rest each end with a step of their own.
        runJobs(
                "drop of " + rows + " rows",
                rows / 90 + 8,
                () -> ok(cell.store.namespaces().drop(ada.caller, team)));
        assertThat(cell.rows(Schema.Type.NODE, team)).isZero();
        assertThat(cell.rows(Schema.Type.VERSION, team)).isZero();
        assertThat(cell.rows(Schema.Type.CHANGE_SET, team)).isZero();
    }

    @Test
    void everyStepOfALongListIsBoundedFromItsDeclarationToItsRelease() {
        int chunks = SOAK ? 1_000_000 : 2_500;
        ContentId content = ContentId.random(cell.random);
        steps.reset();
        for (int from = 0, part = 0; from < chunks; from += Limits.PART_CHUNKS_MAX, part++) {
            int end = Math.min(chunks, from + Limits.PART_CHUNKS_MAX);
            List<ChunkRef> list = new ArrayList<>();
            for (int i = from; i < end; i++) {
                list.add(new ChunkRef(cell.randomHash(), 1 << 20));
            }
            ContentPart declared = new ContentPart(content, part, end == chunks, list);
            ok(
                    cell.store
                            .uploads()
                            .declare(ada.caller, ada.upload(), new Declaration(List.of(declared))));
            cell.store
                    .chunks()
                    .place(cell.pack(), list.stream().map(c -> cell.placed(content, c)).toList());
        }
        NodeId file = ada.newNode();
        ada.done(ada.createFile(file, ada.root, "large", content, OnConflict.REJECT));
        ada.done(ada.trashFile(ada.stat(file)));
        ada.apply(new Op.Purge(ada.next(), file));
        CollectionStore collection = cell.collection();
        WorkLease lease =
                collection.leases().acquire("test", "test", Duration.ofHours(5)).orElseThrow();
        int limit = chunks / 100 + 10;
        int released = 0;
        for (int step = 0; ; step++) {
            GarbageRows.Released some = collection.garbage().release(lease, content);
            released += some.references();
            assertThat(step).isLessThan(limit);
            if (some.finished()) {
                break;
            }
        }
        assertThat(released).isEqualTo(chunks);
        steps.check("a list of " + chunks + " chunks", chunks / 40 + 40);
    }
}
