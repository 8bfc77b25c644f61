package dev.holdfast.sync.sim;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.Op;
import dev.holdfast.sync.store.StateStore;
import dev.holdfast.sync.tree.LocalNode;
import dev.holdfast.sync.tree.RemoteNode;
import dev.holdfast.sync.tree.SyncedNode;
import dev.holdfast.sync.tree.TreeChanges;
import dev.holdfast.sync.tree.Trees;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** The client's memory without a file; survives a simulated crash. */
final class MemoryStore implements StateStore {
    private final Faults faults;
    private final Map<NodeId, RemoteNode> remote = new LinkedHashMap<>();
    private final Map<NodeId, LocalNode> local = new LinkedHashMap<>();
    private final Map<NodeId, SyncedNode> synced = new LinkedHashMap<>();
    private final Map<String, String> settings = new TreeMap<>();
    private final TreeMap<Long, Op> outbox = new TreeMap<>();
    private final Map<NodeId, List<ChunkRef>> chunks = new LinkedHashMap<>();
    private final List<UploadId> uploads = new ArrayList<>();
    private long next = 1;

    /** A planted bug: what was sent is forgotten with the process, and its number used again. */
    boolean reusesSequences;

    /** A planted bug: now and then the cursor is written without what was read up to it. */
    boolean losesRows;

    private int writes;

    MemoryStore(Faults faults) {
        this.faults = faults;
    }

    private static <T> void apply(Map<NodeId, T> rows, Map<NodeId, Optional<T>> changes) {
        changes.forEach((node, value) -> {
            if (value.isPresent()) {
                rows.put(node, value.get());
            } else {
                rows.remove(node);
            }
        });
    }

    @Override
    public void load(Trees trees) {
        remote.values().forEach(trees::putRemote);
        local.values().forEach(trees::putLocal);
        synced.values().forEach(trees::putSynced);
        trees.takeChanges();
    }

    @Override
    public void write(TreeChanges changes, Map<String, Optional<String>> values) {
        faults.step("before a write of the state");
        if (!losesRows || ++writes % 4 > 0) {
            apply(remote, changes.remote());
        }
        apply(local, changes.local());
        apply(synced, changes.synced());
        values.forEach((key, value) -> {
            if (value.isPresent()) {
                settings.put(key, value.get());
            } else {
                settings.remove(key);
            }
        });
        faults.step("after a write of the state");
    }

    @Override
    public @Nullable String setting(String key) {
        return settings.get(key);
    }

    @Override
    public List<Op> outbox() {
        return List.copyOf(outbox.values());
    }

    @Override
    public List<Op> putOutbox(List<LongFunction<Op>> wanted) {
        List<Op> ops = new ArrayList<>();
        long sequence = next;
        for (LongFunction<Op> make : wanted) {
            ops.add(make.apply(sequence++));
        }
        if (!reusesSequences) {
            ops.forEach(op -> outbox.put(op.sequence(), op));
            next = sequence;
        }
        faults.step("after operations were written down");
        return ops;
    }

    @Override
    public void removeOutbox(Collection<Long> sequences) {
        faults.step("before operations are forgotten");
        sequences.forEach(outbox::remove);
    }

    /** As a new database does it, that stands for one that was lost. */
    void startAt(long sequence) {
        next = sequence;
    }

    @Override
    public long nextSequence() {
        return next;
    }

    @Override
    public void putChunks(NodeId node, List<ChunkRef> list) {
        chunks.put(node, List.copyOf(list));
    }

    @Override
    public List<ChunkPlace> findChunk(Sha256 hash) {
        List<ChunkPlace> places = new ArrayList<>();
        chunks.forEach((node, list) -> {
            long start = 0;
            for (ChunkRef chunk : list) {
                if (chunk.hash().equals(hash)) {
                    places.add(new ChunkPlace(node, start, chunk.length()));
                }
                start += chunk.length();
            }
        });
        return places;
    }

    @Override
    public List<UploadId> uploads() {
        return List.copyOf(uploads);
    }

    @Override
    public void putUpload(UploadId upload) {
        uploads.add(upload);
    }

    @Override
    public void removeUpload(UploadId upload) {
        uploads.remove(upload);
    }

    @Override
    public void close() {}
}
