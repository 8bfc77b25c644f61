package dev.holdfast.benchmarks;

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
import dev.holdfast.model.wire.NodeState;
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

/**
 * A namespace with one folder that grows, and the devices of its account: a caller each, as the
 * results of operations are kept by device.
 */
final class MetadataLoad {
    private static final int FILL_BATCH = 128;
    private static final int FILL_AT_ONCE = 4;
    private static final int DECLARED_AT_ONCE = 500;

    private final MetadataStore store;
    private final NamespaceId ns;
    private final NodeId root;
    private final NodeId many = random();
    private final List<Device> devices = new ArrayList<>();
    private final AtomicInteger filled = new AtomicInteger();
    private final AtomicInteger names = new AtomicInteger();
    private final String start;
    private String folderName = "many";

    /** A device with its upload and the sequence of its operations. */
    private record Device(Caller caller, UploadId upload, AtomicLong sequence) {
        long next() {
            return sequence.incrementAndGet();
        }
    }

    MetadataLoad(MetadataStore store, int callers) {
        this.store = store;
        String name = "bench-" + System.nanoTime();
        String code = ok(store.accounts().create(name, 0)).code();
        Sha256 token = token();
        DeviceRegistered first =
                ok(
                        store.accounts()
                                .register(new DeviceRegistration(code, token, "bench", "bench")));
        ns = first.namespaces().getFirst().namespace();
        root = NodeId.rootOf(ns);
        devices.add(begun(token));
        while (devices.size() < callers) {
            Sha256 another = token();
            String more = ok(store.accounts().newLinkCode(devices.getFirst().caller())).code();
            ok(store.accounts().register(new DeviceRegistration(more, another, "bench", "bench")));
            devices.add(begun(another));
        }
        Device device = devices.getFirst();
        apply(device, List.of(new Op.CreateFolder(device.next(), many, root, folderName)));
        start = ok(store.feed().changes(device.caller(), ns, null, FILL_BATCH)).cursor();
    }

    private Device begun(Sha256 token) {
        Device device =
                new Device(
                        new Caller(token),
                        UploadId.random(ThreadLocalRandom.current()),
                        new AtomicLong());
        ok(store.uploads().begin(device.caller(), new UploadStart(device.upload(), ns, 0)));
        return device;
    }

    private static Sha256 token() {
        return Sha256.hash(random().toString().getBytes(StandardCharsets.UTF_8));
    }

    private static NodeId random() {
        return NodeId.random(ThreadLocalRandom.current());
    }

    static <T> T ok(Answer<T> answer) {
        return switch (answer) {
            case Answer.Ok<T>(var value) -> value;
            case Answer.Refused<T>(var refusal) ->
                    throw new IllegalStateException(refusal.toString());
        };
    }

    private List<OpResult> apply(Device device, List<Op> ops) {
        List<OpResult> results =
                ok(store.nodes().apply(device.caller(), ns, new OpBatch(0, ops))).results();
        for (OpResult result : results) {
            if (!result.done()) {
                throw new IllegalStateException(result.toString());
            }
        }
        return results;
    }

    /** Children the folder was given. */
    int filled() {
        return filled.get();
    }

    /** Grows the one folder to so many children, or as far as the time allows. */
    void fill(int size, long nanosMax) throws Exception {
        long start = System.nanoTime();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < FILL_AT_ONCE; i++) {
                Device device = devices.get(i);
                running.add(
                        threads.submit(() -> {
                            int from = filled.getAndAdd(FILL_BATCH);
                            while (from < size && System.nanoTime() - start < nanosMax) {
                                fill(device, from, Math.min(size, from + FILL_BATCH));
                                from = filled.getAndAdd(FILL_BATCH);
                            }
                            filled.addAndGet(-FILL_BATCH);
                        }));
            }
            for (Future<?> each : running) {
                each.get();
            }
        }
        filled.set(Math.min(filled.get(), size));
    }

    private void fill(Device device, int from, int to) {
        List<Op> ops = new ArrayList<>();
        for (int i = from; i < to; i++) {
            ops.add(new Op.CreateFolder(device.next(), random(), many, "node " + i));
        }
        apply(device, ops);
    }

    /** One operation of a caller after the other. */
    interface Calls {
        void call(int caller, int turn);
    }

    /** So many new contents of a device, declared and ready to be put. */
    private List<ContentId> contents(Device device, int count) {
        List<ContentId> contents = new ArrayList<>();
        while (contents.size() < count) {
            List<ContentPart> parts = new ArrayList<>();
            for (int i = 0; i < DECLARED_AT_ONCE && contents.size() < count; i++) {
                ContentId content = ContentId.random(ThreadLocalRandom.current());
                contents.add(content);
                parts.add(new ContentPart(content, 0, true, List.of()));
            }
            ok(store.uploads().declare(device.caller(), device.upload(), new Declaration(parts)));
        }
        return contents;
    }

    private static Op put(Device device, NodeId folder, ContentId content, String name) {
        return new Op.CreateFile(
                device.next(), random(), folder, name, content, 7, false, OnConflict.REJECT);
    }

    private String name() {
        return "put " + names.incrementAndGet() + " of a usual length";
    }

    /**
     * Puts new small files into the folder; their contents are declared before the clock starts.
     *
     * @param turns puts of each caller
     * @param batch files of one put
     */
    Calls puts(int callers, int turns, int batch) {
        List<List<ContentId>> ready = new ArrayList<>();
        for (int i = 0; i < callers; i++) {
            ready.add(contents(devices.get(i), turns * batch));
        }
        return (caller, turn) -> {
            Device device = devices.get(caller);
            apply(
                    device,
                    ready.get(caller).subList(turn * batch, (turn + 1) * batch).stream()
                            .map(content -> put(device, many, content, name()))
                            .toList());
        };
    }

    /** Renames nodes, each caller its own. */
    Calls moves(int callers, int batch) {
        List<List<NodeState>> own = new ArrayList<>();
        for (int i = 0; i < callers; i++) {
            Device device = devices.get(i);
            List<Op> ops = new ArrayList<>();
            for (int k = 0; k < batch; k++) {
                ops.add(new Op.CreateFolder(device.next(), random(), many, name()));
            }
            own.add(new ArrayList<>(apply(device, ops).stream().map(OpResult::node).toList()));
        }
        return (caller, _) -> {
            Device device = devices.get(caller);
            List<Op> ops = new ArrayList<>();
            for (NodeState node : own.get(caller)) {
                ops.add(
                        new Op.Move(
                                device.next(),
                                node.node(),
                                many,
                                node.name(),
                                many,
                                name(),
                                OnConflict.REJECT));
            }
            List<OpResult> results = apply(device, ops);
            own.get(caller).clear();
            results.forEach(result -> own.get(caller).add(result.node()));
        };
    }

    /** Renames the one folder, with all that is in it. */
    Calls folderMoves() {
        Device device = devices.getFirst();
        return (_, _) -> {
            String next = "many " + names.incrementAndGet();
            apply(
                    device,
                    List.of(
                            new Op.Move(
                                    device.next(),
                                    many,
                                    root,
                                    folderName,
                                    root,
                                    next,
                                    OnConflict.REJECT)));
            folderName = next;
        };
    }

    Calls lists(int page) {
        return (caller, _) ->
                ok(store.nodes().children(devices.get(caller).caller(), ns, many, null, page));
    }

    /** The first changes of the folder, a page of them; it was filled with more. */
    Calls changes(int page) {
        return (caller, _) -> {
            int got =
                    ok(store.feed().changes(devices.get(caller).caller(), ns, start, page))
                            .entries()
                            .size();
            if (got < page) {
                throw new IllegalStateException("only " + got + " changes");
            }
        };
    }
}
