package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static org.assertj.core.api.Assertions.assertThat;

import com.apple.foundationdb.record.provider.foundationdb.FDBStoreTimer;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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

    /** Less where there is no time for a million. */
    private static final int LINK_FOLDERS = Integer.getInteger("holdfast.soak.folders", 980);

    private static final int CHUNKS = Integer.getInteger("holdfast.soak.chunks", 1_000_000);

    private static final Duration TIME_MAX = Duration.ofSeconds(1);

    private static final Logger log = LoggerFactory.getLogger(JobStepSizesTest.class);

    private final Steps steps = new Steps();
    private final Path directory = temporary();
    private final TestCell cell =
            new TestCell(95, TestDatabase.measured(place(directory), steps::end));
    private final TestDevice ada = cell.account("ada");

    private static Path temporary() {
        try {
            return Files.createTempDirectory("holdfast-steps-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A million rows are more than a test's memory holds. */
    private static TestDatabase place(Path directory) {
        return SOAK && !TestDatabase.isReal()
                ? TestDatabase.of(EmbeddedFoundationDb.open(directory))
                : TestDatabase.open();
    }

    /** What the transactions since the last look came to. */
    private final class Steps {
        private long bytes;
        private long reads;
        private int commits;
        private long before;
        private long begun = System.nanoTime();
        private final List<Long> nanos = new ArrayList<>();

        void end(long size) {
            // From one commit's begin to the next: a whole transaction, and the test in between.
            nanos.add(System.nanoTime() - begun);
            begun = System.nanoTime();
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
            nanos.clear();
            begun = System.nanoTime();
            before = cell.timer.getCount(FDBStoreTimer.Counts.READS);
        }

        void check(String what, int commitsMax) {
            String found =
                    "%s: %d commits, the largest of %d bytes, the one with the most of %d reads"
                            .formatted(what, commits, bytes, reads);
            nanos.sort(null);
            int rare = nanos.size() - 1 - nanos.size() / 1_000;
            Duration slow = Duration.ofNanos(nanos.get(rare));
            log.info("{}, 99.9 % of {}, all of {}", found, slow, Duration.ofNanos(nanos.getLast()));
            assertThat(bytes).as(found).isBetween(1L, BYTES_MAX);
            assertThat(reads).as(found).isLessThan(READS_MAX);
            assertThat(commits).as(found).isLessThanOrEqualTo(commitsMax);
            if (SOAK) {
                assertThat(slow).as(found).isLessThan(TIME_MAX);
            }
        }
    }

    @AfterEach
    void close() throws IOException {
        cell.close();
        try (Stream<Path> walk = Files.walk(directory)) {
            for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    private void runJobs(String what, int commitsMax, Runnable begin) {
        Jobs jobs = new Jobs(cell.records, cell.config);
        steps.reset();
        begin.run();
        int taken = 0;
        while (jobs.run(1) > 0) {
            assertThat(++taken).as(what + " does not end").isLessThanOrEqualTo(2 * commitsMax);
        }
        steps.check(what, commitsMax);
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

    /** Folders of a thousand symlinks each, which take no content. */
    private int links(TestDevice device, NodeId top, int folders) {
        int rows = 0;
        for (int i = 0; i < folders; i++) {
            NodeState folder = device.folder(top, "links " + i);
            rows++;
            for (int from = 0; from < 1_000; from += 200) {
                Op[] ops = new Op[200];
                for (int k = 0; k < ops.length; k++) {
                    ops[k] =
                            new Op.CreateSymlink(
                                    device.next(),
                                    device.newNode(),
                                    folder.node(),
                                    "a link of quite usual length " + (from + k),
                                    "target",
                                    OnConflict.REJECT);
                }
                device.apply(ops);
                rows += ops.length;
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
        int rows = tree(ada, top.node(), SOAK ? 30 : 4, SOAK ? 330 : 120);
        rows += links(ada, top.node(), SOAK ? LINK_FOLDERS : 0);
        rows += emptyFolders(ada, top.node(), SOAK ? 10_000 : 1_500);
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
        int rows = tree(there, there.root, SOAK ? 30 : 3, SOAK ? 330 : 120);
        rows += links(there, there.root, SOAK ? 90 : 0);
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
        int chunks = SOAK ? CHUNKS : 2_500;
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
