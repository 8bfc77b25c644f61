package dev.holdfast.benchmarks;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.embeddedfdb.EmbeddedFdbDatabaseFactory;
import dev.holdfast.metadata.Caller;
import dev.holdfast.metadata.MetadataStore;
import dev.holdfast.model.Answer;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeviceRegistered;
import dev.holdfast.model.wire.DeviceRegistration;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResult;
import dev.holdfast.model.wire.UploadStart;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** One account with one device in a namespace that grows, and what it does there, counted. */
final class MetadataLoad {
    private static final long RUN_NANOS = 2_000_000_000L;
    private static final int FILL_BATCH = 128;
    private static final int PAGE = 1_000;

    /** Operations a second caller may use up; each needs a content that was declared before. */
    private static final int CONTENTS = 1_000;

    private final MetadataStore store;
    private final Database database;
    private final Caller caller;
    private final NamespaceId ns;
    private final NodeId root;
    private final NodeId many = random();
    private final AtomicLong sequence = new AtomicLong();
    private final UploadId upload = UploadId.random(ThreadLocalRandom.current());
    private final List<NodeId> nodes = new ArrayList<>();
    private int filled;

    MetadataLoad(MetadataStore store, Database database) {
        this.store = store;
        this.database = database;
        String name = "bench-" + System.nanoTime();
        String code = ok(store.accounts().create(name, 0)).code();
        Sha256 token = Sha256.hash(name.getBytes(StandardCharsets.UTF_8));
        DeviceRegistered device =
                ok(
                        store.accounts()
                                .register(new DeviceRegistration(code, token, "bench", "bench")));
        caller = new Caller(token);
        ns = device.namespaces().getFirst().namespace();
        root = NodeId.rootOf(ns);
        ok(store.uploads().begin(caller, new UploadStart(upload, ns, 0)));
        apply(List.of(new Op.CreateFolder(sequence.incrementAndGet(), many, root, "many")));
    }

    private static NodeId random() {
        return NodeId.random(ThreadLocalRandom.current());
    }

    private static <T> T ok(Answer<T> answer) {
        return switch (answer) {
            case Answer.Ok<T>(var value) -> value;
            case Answer.Refused<T>(var refusal) ->
                    throw new IllegalStateException(refusal.toString());
        };
    }

    private void apply(List<Op> ops) {
        for (OpResult result : ok(store.nodes().apply(caller, ns, new OpBatch(0, ops))).results()) {
            if (!result.done()) {
                throw new IllegalStateException(result.toString());
            }
        }
    }

    /** Grows the one folder to so many children. */
    void fill(int size) {
        while (filled < size) {
            List<Op> ops = new ArrayList<>();
            for (int i = 0; i < FILL_BATCH && filled < size; i++, filled++) {
                NodeId node = random();
                nodes.add(node);
                ops.add(
                        new Op.CreateFolder(
                                sequence.incrementAndGet(), node, many, "node " + filled));
            }
            apply(ops);
        }
    }

    /** One piece of work; false when there is nothing left to do it with. */
    private interface Work {
        boolean once() throws Exception;
    }

    private static double rate(int callers, Work work) throws Exception {
        long start = System.nanoTime();
        AtomicInteger done = new AtomicInteger();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < callers; i++) {
                running.add(
                        threads.submit(() -> {
                            while (System.nanoTime() - start < RUN_NANOS && work.once()) {
                                done.incrementAndGet();
                            }
                            return done;
                        }));
            }
            for (Future<?> each : running) {
                each.get();
            }
        }
        return done.get() * 1e9 / (System.nanoTime() - start);
    }

    /** Empty contents, declared beforehand: what is measured is the operation. */
    private List<ContentId> contents() {
        List<ContentId> contents = new ArrayList<>();
        List<ContentPart> parts = new ArrayList<>();
        for (int i = 0; i < CONTENTS; i++) {
            ContentId content = ContentId.random(ThreadLocalRandom.current());
            contents.add(content);
            parts.add(new ContentPart(content, 0, true, List.of()));
        }
        ok(store.uploads().declare(caller, upload, new Declaration(parts)));
        return contents;
    }

    private Op create(ContentId content) {
        NodeId node = random();
        return new Op.CreateFile(
                sequence.incrementAndGet(),
                node,
                root,
                "put " + node,
                content,
                7,
                false,
                OnConflict.REJECT);
    }

    double puts(int callers) throws Exception {
        List<ContentId> contents = contents();
        AtomicInteger next = new AtomicInteger();
        return rate(
                callers,
                () -> {
                    int index = next.getAndIncrement();
                    if (index >= contents.size()) {
                        return false;
                    }
                    apply(List.of(create(contents.get(index))));
                    return true;
                });
    }

    double putBatches(int size) throws Exception {
        List<ContentId> contents = contents();
        AtomicInteger next = new AtomicInteger();
        return rate(
                1,
                () -> {
                    int from = next.getAndAdd(size);
                    if (from + size > contents.size()) {
                        return false;
                    }
                    apply(contents.subList(from, from + size).stream().map(this::create).toList());
                    return true;
                });
    }

    double moves(int callers) throws Exception {
        AtomicInteger next = new AtomicInteger();
        return rate(
                callers,
                () -> {
                    int index = next.getAndIncrement();
                    if (index >= nodes.size()) {
                        return false;
                    }
                    var node = ok(store.nodes().stat(caller, ns, nodes.get(index)));
                    apply(
                            List.of(
                                    new Op.Move(
                                            sequence.incrementAndGet(),
                                            node.node(),
                                            many,
                                            node.name(),
                                            many,
                                            "moved " + sequence.get() + " " + index,
                                            OnConflict.REJECT)));
                    return true;
                });
    }

    double folderMoves() throws Exception {
        String[] name = {"many"};
        double rate =
                rate(
                        1,
                        () -> {
                            String next = "many " + sequence.incrementAndGet();
                            apply(List.of(rename(name[0], next)));
                            name[0] = next;
                            return true;
                        });
        apply(List.of(rename(name[0], "many")));
        return rate;
    }

    private Op rename(String from, String to) {
        return new Op.Move(
                sequence.incrementAndGet(), many, root, from, root, to, OnConflict.REJECT);
    }

    double lists() throws Exception {
        return rate(
                1,
                () -> {
                    ok(store.nodes().children(caller, ns, many, null, PAGE));
                    return true;
                });
    }

    double changes() throws Exception {
        return rate(
                1,
                () -> {
                    ok(store.feed().changes(caller, ns, null, PAGE));
                    return true;
                });
    }

    double bareCommits(int callers) throws Exception {
        byte[] value = new byte[100];
        return rate(
                callers,
                () -> {
                    try (Transaction transaction = database.createTransaction()) {
                        transaction.set(
                                Tuple.from("bench", ThreadLocalRandom.current().nextLong()).pack(),
                                value);
                        transaction.commit().join();
                    }
                    return true;
                });
    }

    /** Transactions a second that save as many records with three indexes each. */
    double bareBatches(int records) throws Exception {
        BareRows rows = new BareRows(new EmbeddedFdbDatabaseFactory(database).getDatabase());
        int count = 50 * records;
        return rows.savesPerSecond(count) / records;
    }
}
