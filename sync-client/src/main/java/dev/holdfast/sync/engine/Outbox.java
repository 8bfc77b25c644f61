package dev.holdfast.sync.engine;

import dev.holdfast.model.Limits;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResult;
import dev.holdfast.sync.server.RefusedException;
import dev.holdfast.sync.server.SyncServer;
import dev.holdfast.sync.store.StateStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Operations on their way. Each is written down under its sequence before it is sent and forgotten
 * only after its result is in the trees, so an operation is sent again after a crash or a lost
 * answer with the same sequence, and has the effect of one execution. May be used by several
 * threads.
 */
final class Outbox {
    /** An operation and what became of it. */
    record Sent(Op op, OpResult result) {}

    private final StateStore store;
    private final SyncServer server;
    private final NamespaceId namespace;
    private final Supplier<@Nullable String> seen;
    private final TreeSet<Long> open = new TreeSet<>();
    private long next;
    private volatile boolean sent;

    /**
     * An outbox with what was left open in it.
     *
     * @param seen the cursor of the tree on which operations are planned. No pull moves it while
     *     one is open, so it is also that of operations which a crash has left
     */
    Outbox(
            StateStore store,
            SyncServer server,
            NamespaceId namespace,
            Supplier<@Nullable String> seen) {
        this.store = store;
        this.server = server;
        this.namespace = namespace;
        this.seen = seen;
        this.next = store.nextSequence();
        for (Op op : store.outbox()) {
            open.add(op.sequence());
        }
    }

    /** Sends what was left open, in its order. */
    List<Sent> resolve() throws IOException {
        List<Op> left = store.outbox();
        List<Sent> all = new ArrayList<>();
        for (int from = 0; from < left.size(); from += Limits.BATCH_OPS_MAX) {
            all.addAll(
                    transmit(
                            left.subList(
                                    from, Math.min(left.size(), from + Limits.BATCH_OPS_MAX))));
        }
        return all;
    }

    /** Gives each operation its sequence, writes them down and sends them in their order. */
    List<Sent> send(List<LongFunction<Op>> wanted) throws IOException {
        List<Sent> all = new ArrayList<>();
        for (int from = 0; from < wanted.size(); from += Limits.BATCH_OPS_MAX) {
            int to = Math.min(wanted.size(), from + Limits.BATCH_OPS_MAX);
            all.addAll(transmit(note(wanted.subList(from, to))));
        }
        return all;
    }

    private synchronized List<Op> note(List<LongFunction<Op>> wanted) {
        List<Op> ops = store.putOutbox(wanted);
        for (Op op : ops) {
            open.add(op.sequence());
            next = op.sequence() + 1;
        }
        return ops;
    }

    /** True when anything was sent since the last call, whatever has become of it. */
    boolean takeSent() {
        boolean was = sent;
        sent = false;
        return was;
    }

    private List<Sent> transmit(List<Op> ops) throws IOException {
        sent = true;
        List<OpResult> results = apply(ops);
        if (results.size() != ops.size()) {
            throw new IOException("the server answered another number of operations than it got");
        }
        List<Sent> answered = new ArrayList<>();
        for (int i = 0; i < ops.size(); i++) {
            answered.add(new Sent(ops.get(i), results.get(i)));
        }
        return answered;
    }

    /** Who may only read gets a no for all of them, and none was carried out. */
    private List<OpResult> apply(List<Op> ops) throws IOException {
        try {
            return server.apply(namespace, new OpBatch(outstanding(), seen.get(), ops)).results();
        } catch (RefusedException e) {
            if (e.code() != ProblemCode.FORBIDDEN) {
                throw e;
            }
            String detail = e.getMessage();
            return ops.stream()
                    .map(op -> new OpResult(op.sequence(), ProblemCode.FORBIDDEN, detail, null))
                    .toList();
        }
    }

    private synchronized long outstanding() {
        return open.isEmpty() ? next : open.first();
    }

    /** Forgets operations whose results are in the trees, and written. */
    void done(Collection<Sent> results) {
        if (results.isEmpty()) {
            return;
        }
        List<Long> sequences = results.stream().map(one -> one.op().sequence()).toList();
        store.removeOutbox(sequences);
        synchronized (this) {
            sequences.forEach(open::remove);
        }
    }
}
