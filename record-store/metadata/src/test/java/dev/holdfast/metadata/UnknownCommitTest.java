package dev.holdfast.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.embeddedfdb.engine.Faults;
import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.Answer;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeviceRegistration;
import dev.holdfast.model.wire.NamespaceCreation;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResult;
import dev.holdfast.model.wire.RetentionPolicy;
import dev.holdfast.model.wire.RewindRequest;
import dev.holdfast.model.wire.RewindStart;
import dev.holdfast.model.wire.RoleName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Every call that writes, with each of its commits in turn reported as unknown, in both truths: it
 * happened, and it did not. The answers and what everybody sees afterwards are those of a run
 * without faults.
 */
class UnknownCommitTest {
    /** Where the real thing is slow, half of the runs: each commit in one of its truths. */
    private static final int STEP = TestDatabase.isReal() ? 3 : 1;

    /** A run of calls on one cell, written down. */
    private static final class Log {
        final TestCell cell;
        final List<String> lines = new ArrayList<>();

        Log(TestCell cell) {
            this.cell = cell;
        }

        /** Ids and codes differ from run to run: what is told is whether it was done. */
        void call(String what, Answer<?> answer) {
            lines.add(
                    what
                            + ": "
                            + switch (answer) {
                                case Answer.Ok<?> _ -> "ok";
                                case Answer.Refused<?>(var refusal) -> refusal.code();
                            });
        }

        void ops(TestDevice device, Op... ops) {
            OpBatch batch = new OpBatch(0, List.of(ops));
            List<OpResult> results =
                    TestCell.ok(cell.store.nodes().apply(device.caller, device.ns, batch))
                            .results();
            for (int i = 0; i < ops.length; i++) {
                @Nullable NodeState node = results.get(i).node();
                lines.add(
                        ops[i].getClass().getSimpleName()
                                + ": "
                                + results.get(i).code()
                                + (node == null ? "" : " " + text(node)));
            }
        }

        /** The tree, all changes that led to it, and what it is charged. */
        void tree(TestDevice device, String start) {
            device.read(null, 100).entries().stream()
                    .map(e -> "node " + text(e.node()))
                    .sorted()
                    .forEach(lines::add);
            for (ChangeEntry entry : device.read(start, 100).entries()) {
                lines.add("change " + entry.kind() + " " + text(entry.node()));
            }
            lines.add(
                    "used "
                            + TestCell.ok(cell.store.namespaces().get(device.caller, device.ns))
                                    .usedBytes());
            lines.add("versions " + cell.rows(Schema.Type.VERSION, device.ns));
        }

        void jobs() {
            cell.store.treeJobs().list(100).stream()
                    .map(j -> "job " + j.kind() + " " + j.state() + " " + j.doneItems())
                    .sorted()
                    .forEach(lines::add);
        }

        private static String text(NodeState node) {
            return node.name()
                    + " "
                    + node.rev()
                    + " "
                    + node.contentRev()
                    + " "
                    + node.size()
                    + (node.trashed() ? " trashed" : "");
        }
    }

    private static void everyCommit(String name, Consumer<Log> calls) {
        AtomicInteger commits = new AtomicInteger();
        List<String> expected = run(calls, commits, -1, Faults.Fate.COMMIT);
        int count = commits.get();
        assertThat(count).as(name).isGreaterThan(2);
        int turn = 0;
        for (int at = 0; at < count; at++) {
            for (Faults.Fate fate : Faults.Fate.values()) {
                if (turn++ % STEP == 0) {
                    assertThat(run(calls, new AtomicInteger(), at, fate))
                            .as("%s, commit %d unknown, in truth %s", name, at, fate)
                            .isEqualTo(expected);
                }
            }
        }
    }

    private static List<String> run(
            Consumer<Log> calls, AtomicInteger commits, int at, Faults.Fate fate) {
        boolean[] counting = {false};
        Supplier<Faults.@Nullable Fault> faults =
                () ->
                        counting[0] && commits.getAndIncrement() == at
                                ? new Faults.Fault(fate, FdbError.COMMIT_UNKNOWN_RESULT, 0)
                                : null;
        try (TestCell cell = new TestCell(51, TestDatabase.open(faults))) {
            Log log = new Log(cell);
            counting[0] = true;
            calls.accept(log);
            counting[0] = false;
            return log.lines;
        }
    }

    @Test
    void operationsOnTheTree() {
        everyCommit(
                "operations",
                log -> {
                    TestDevice ada = log.cell.account("ada");
                    String start = ada.head();
                    var folder = new Op.CreateFolder(ada.next(), ada.newNode(), ada.root, "d");
                    var file =
                            ada.createFile(
                                    ada.newNode(),
                                    folder.node(),
                                    "f",
                                    ada.content("one"),
                                    OnConflict.REJECT);
                    var link =
                            new Op.CreateSymlink(
                                    ada.next(),
                                    ada.newNode(),
                                    folder.node(),
                                    "l",
                                    "to",
                                    OnConflict.REJECT);
                    log.ops(ada, folder, file, link);
                    log.ops(ada, ada.put(file.node(), 1, "two"));
                    log.ops(ada, ada.put(file.node(), 1, "stale"));
                    log.ops(ada, new Op.PutSymlink(ada.next(), link.node(), 1, "there"));
                    log.ops(ada, new Op.SetAttributes(ada.next(), file.node(), 5, true));
                    // What was refused stays refused, though what comes after it makes way.
                    log.ops(
                            ada,
                            new Op.CreateFolder(ada.next(), ada.newNode(), ada.root, "d"),
                            ada.move(ada.stat(folder.node()), ada.root, "e"));
                    log.ops(ada, ada.move(ada.stat(link.node()), ada.root, "m"));
                    log.ops(ada, new Op.RestoreVersion(ada.next(), file.node(), 1, 2));
                    log.ops(ada, ada.trashFile(ada.stat(file.node())));
                    log.ops(ada, new Op.Restore(ada.next(), file.node(), null, null));
                    log.ops(ada, ada.trashFolder(folder.node(), ada.head()));
                    log.ops(ada, new Op.Purge(ada.next(), folder.node()));
                    log.cell.store.upkeep().runJobs(20);
                    log.tree(ada, start);
                    log.jobs();
                });
    }

    @Test
    void namespacesAndTheirMembers() {
        everyCommit(
                "members",
                log -> {
                    Namespaces namespaces = log.cell.store.namespaces();
                    TestDevice ada = log.cell.account("ada");
                    TestDevice bob = log.cell.account("bob");
                    NamespaceId team = NamespaceId.random(log.cell.random);
                    NamespaceId other = NamespaceId.random(log.cell.random);
                    var made = new NamespaceCreation(team, "team");
                    log.call("create", namespaces.create(ada.caller, made));
                    log.call(
                            "create",
                            namespaces.create(ada.caller, new NamespaceCreation(other, "other")));
                    log.call("rename", namespaces.rename(ada.caller, team, "ours"));
                    log.call(
                            "invite",
                            namespaces.putMember(ada.caller, team, "bob", RoleName.VIEWER));
                    log.call(
                            "raise", namespaces.putMember(ada.caller, team, "bob", RoleName.OWNER));
                    log.call(
                            "step down",
                            namespaces.putMember(ada.caller, team, "ada", RoleName.EDITOR));
                    log.call("leave", namespaces.removeMember(ada.caller, team, "ada"));
                    log.call("last", namespaces.removeMember(bob.caller, team, "bob"));
                    log.call(
                            "retention",
                            namespaces.setRetention(
                                    bob.caller, team, new RetentionPolicy(1, 2, 3, 4)));
                    log.call(
                            "invite",
                            namespaces.putMember(bob.caller, team, "ada", RoleName.EDITOR));
                    log.call("remove", namespaces.removeMember(bob.caller, team, "ada"));
                    bob.at(team).folder(bob.at(team).root, "inside");
                    log.call("drop", namespaces.drop(bob.caller, team));
                    log.cell.store.upkeep().runJobs(20);
                    log.call("dropped", namespaces.get(bob.caller, team));
                    log.call("kept", namespaces.get(ada.caller, other));
                    log.lines.add("rows " + log.cell.rows(Schema.Type.NODE, team));
                    log.jobs();
                });
    }

    @Test
    void accountsAndDevices() {
        everyCommit(
                "accounts",
                log -> {
                    Accounts accounts = log.cell.store.accounts();
                    TestDevice ada = log.cell.account("ada");
                    TestDevice phone = ada.sibling("phone");
                    TestDevice tower = ada.sibling("tower");
                    log.call("taken", accounts.create("ada", 0));
                    log.call("code", accounts.newLinkCode("ada"));
                    log.call("used", accounts.register(registration("no code", log)));
                    log.call("revoke", accounts.revoke(ada.caller, phone.registered.device()));
                    log.call("out", accounts.newLinkCode(phone.caller));
                    log.call("self", accounts.revoke(tower.caller, tower.registered.device()));
                    log.call("out", accounts.newLinkCode(tower.caller));
                    Secrets secrets = log.cell.store.secrets();
                    log.call("secret", secrets.setHash("ada", "hash"));
                    log.call(
                            "by secret",
                            secrets.register(
                                    "ada", "hash", log.cell.randomHash(), "tablet", "linux"));
                    log.call("disable", accounts.disable("ada"));
                    log.call("out", accounts.newLinkCode(ada.caller));
                    log.call("enable", accounts.enable("ada"));
                    log.call("operator", accounts.revokeAsAdmin(ada.registered.device()));
                    accounts.devices().stream()
                            .map(d -> "device " + d.name() + " " + d.revoked())
                            .sorted()
                            .forEach(log.lines::add);
                });
    }

    private static DeviceRegistration registration(String code, Log log) {
        return new DeviceRegistration(code, log.cell.randomHash(), "x", "linux");
    }

    @Test
    void uploadsAndChunks() {
        everyCommit(
                "uploads",
                log -> {
                    TestDevice ada = log.cell.account("ada");
                    Uploads uploads = log.cell.store.uploads();
                    String start = ada.head();
                    ContentId longOne = ContentId.random(log.cell.random);
                    List<ChunkRef> chunks = new ArrayList<>();
                    for (int i = 0; i < 150; i++) {
                        chunks.add(TestCell.chunk("chunk " + i % 120));
                    }
                    var part = new ContentPart(longOne, 0, true, chunks);
                    var answer =
                            uploads.declare(
                                    ada.caller, ada.upload(), new Declaration(List.of(part)));
                    log.call("declare", answer);
                    List<PlacedChunk> send = new ArrayList<>();
                    for (int position : TestCell.ok(answer).contents().getFirst().missing()) {
                        send.add(log.cell.placed(longOne, chunks.get(position)));
                    }
                    log.lines.add("placed " + log.cell.store.chunks().place(log.cell.pack(), send));
                    log.ops(
                            ada,
                            ada.createFile(
                                    ada.newNode(), ada.root, "long", longOne, OnConflict.REJECT));
                    ada.file(ada.root, "short", "chunk 1", "new");
                    log.call("renew", uploads.renew(ada.caller, ada.upload()));
                    ContentId open = ContentId.random(log.cell.random);
                    ada.declare(open, List.of(TestCell.chunk("never sent")));
                    log.call("abandon", uploads.abandon(ada.caller, ada.upload()));
                    log.call("again", uploads.abandon(ada.caller, ada.upload()));
                    log.cell.store.chunks().sealPack(log.cell.pack(), 1 << 30);
                    log.tree(ada, start);
                });
    }

    /** What repair and the collection do to chunks and packs; what follows rests on the answers. */
    @Test
    void lossesAndDeletions() {
        everyCommit(
                "losses",
                log -> {
                    TestDevice ada = log.cell.account("ada");
                    ada.file(ada.root, "f", "one");
                    CollectionStore store = log.cell.collection();
                    Sha256 hash = TestCell.chunk("one").hash();
                    LossRows losses = store.losses();
                    ChunkLocation before = location(store, hash);
                    log.lines.add("lost " + losses.lose(hash, before));
                    log.lines.add("again " + losses.lose(hash, before));
                    log.lines.add("stale " + losses.found(hash, before));
                    log.lines.add("found " + losses.found(hash, location(store, hash)));
                    log.lines.add("again " + losses.found(hash, location(store, hash)));
                    log.lines.add("stale " + losses.lose(hash, before));
                    log.lines.add("lost " + losses.lose(hash, location(store, hash)));
                    store.packs()
                            .rows(List.of(hash))
                            .forEach(r -> log.lines.add("" + r.condition()));

                    PackWriterLease empty = log.cell.store.chunks().beginPack();
                    NodeState gone = ada.file(ada.root, "gone", "two");
                    log.ops(ada, ada.trashFile(gone));
                    log.ops(ada, new Op.Purge(ada.next(), gone.node()));
                    sealed(log, empty);
                    WorkLease lease =
                            store.leases()
                                    .acquire("deletion", "w", Duration.ofDays(1))
                                    .orElseThrow();
                    collect(log, store.garbage(), lease);
                    PackRows packs = store.packs();
                    log.lines.add("trash " + packs.trash(lease, empty.pack()));
                    PackView trashed = packs.pack(empty.pack()).orElseThrow();
                    log.lines.add(
                            "delete "
                                    + packs.beginDelete(
                                            lease, empty.pack(), trashed.sinceMillis()));
                    packs.finishDelete(lease, empty.pack(), new Id128(1, 2), "empty");
                    log.lines.add("gone " + packs.pack(empty.pack()).isEmpty());
                    log.lines.add("traces " + packs.deletions(null, 10).size());
                    packs.forgetDeletions(lease, log.cell.config.clock().millis());
                    log.lines.add("traces " + packs.deletions(null, 10).size());
                    store.leases().release(lease);
                    log.lines.add("held " + store.leases().held().size());
                });
    }

    private static void collect(Log log, GarbageRows garbage, WorkLease lease) {
        long far = CollectionWorld.FAR;
        for (ContentId content : garbage.doomedContents(far, 10)) {
            while (!garbage.release(lease, content).finished()) {
                // The next step.
            }
        }
        for (var stage : GarbageRows.Stage.values()) {
            for (int shard = 0; shard < GarbageRows.SHARDS; shard++) {
                List<GarbageCandidate> due = garbage.candidates(stage, shard, far, null, 10);
                if (!due.isEmpty()) {
                    List<Sha256> hashes = due.stream().map(GarbageCandidate::hash).toList();
                    log.lines.add(
                            switch (stage) {
                                case UNREFERENCED -> garbage.condemn(lease, hashes).toString();
                                case IN_GRACE -> garbage.drop(lease, due).toString();
                            });
                }
            }
        }
    }

    private static ChunkLocation location(CollectionStore store, Sha256 hash) {
        return store.packs().rows(List.of(hash)).getFirst().location();
    }

    private static void sealed(Log log, PackWriterLease pack) {
        try {
            log.cell.store.chunks().sealPack(pack, 0);
            log.lines.add("sealed");
        } catch (PackFencedException e) {
            log.lines.add("fenced");
        }
    }

    @Test
    void rewindsAndWhatIsWishedOfThem() {
        everyCommit(
                "rewind",
                log -> {
                    TestDevice ada = log.cell.account("ada");
                    String start = ada.head();
                    NodeState folder = ada.folder(ada.root, "d");
                    NodeState file = ada.file(folder.node(), "f", "one");
                    long then = log.cell.records.read(RecordTransaction::readVersion);
                    ada.done(ada.put(file.node(), 1, "two"));
                    ada.done(ada.move(folder, ada.root, "e"));
                    ada.folder(folder.node(), "late");
                    var request = new RewindRequest(ada.root, then, null);
                    Id128 job = Id128.random(log.cell.random);
                    Rewinds rewinds = log.cell.store.rewinds();
                    var begin = new RewindStart(job, request);
                    log.call("start", rewinds.start(ada.caller, ada.ns, begin));
                    TreeJobs jobs = log.cell.store.treeJobs();
                    log.cell.store.upkeep().runJobs(20);
                    log.call(
                            "again",
                            rewinds.start(ada.caller, ada.ns, new RewindStart(job, request)));
                    for (TreeJobs.Wish wish : TreeJobs.Wish.values()) {
                        log.call("late " + wish, jobs.wish(ada.caller, ada.ns, job, wish));
                    }
                    log.tree(ada, start);
                    log.jobs();
                });
    }

    @Test
    void retentionAndIncarnations() {
        everyCommit(
                "retention",
                log -> {
                    TestDevice ada = log.cell.account("ada");
                    NodeState file = ada.file(ada.root, "f", "one");
                    ada.done(ada.put(file.node(), 1, "two"));
                    NodeState gone = ada.folder(ada.root, "gone");
                    ada.file(gone.node(), "below", "three");
                    ada.done(ada.trashFolder(gone.node(), ada.head()));
                    String cursor = ada.head();
                    log.call("ack", log.cell.store.feed().ack(ada.caller, ada.ns, cursor));
                    log.cell.pass(Duration.ofDays(100));
                    log.cell.store.upkeep().retain(20);
                    log.cell.store.upkeep().runJobs(20);
                    log.cell.pass(Duration.ofDays(100));
                    log.cell.store.upkeep().retain(20);
                    log.lines.add("raised " + log.cell.store.upkeep().raiseIncarnation());
                    log.call("old", log.cell.store.feed().ack(ada.caller, ada.ns, cursor));
                    log.tree(ada, Objects.requireNonNull(ada.head()));
                    log.lines.add("rows " + log.cell.rows(Schema.Type.NODE, ada.ns));
                    log.jobs();
                });
    }
}
