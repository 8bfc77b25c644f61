package dev.holdfast.chunkstore;

import dev.holdfast.metadata.ChunkRows;
import dev.holdfast.metadata.PackFencedException;
import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.metadata.PlacedChunk;
import dev.holdfast.metadata.Placement;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One open pack after the other, with a queue of records in front and two threads behind.
 *
 * <p>The <em>writing</em> thread takes everything that waits (up to the group's limits), writes it
 * and syncs once. The <em>placing</em> thread then commits one transaction for the group and
 * answers the waiters. So the next group is written and synced while the previous one is being
 * placed, and no delay is ever put in to make groups larger: they grow by themselves when syncs are
 * slow.
 *
 * <p>What must hold: a waiter is answered with a placement only after its record was covered by a
 * sync on enough DataNodes and {@link ChunkRows#place} returned. On any error of the stream, or
 * when the pack was taken away, the pack is never written again; its records without an answer go
 * into another pack, a few times at most. A pack is ended behind all its groups, because the
 * placing thread hands it over in the order of the queue.
 */
final class PackLane {
    private static final Logger log = LoggerFactory.getLogger(PackLane.class);
    private static final int ATTEMPTS_MAX = 4;
    private static final int GROUPS_WAITING_MAX = 2;
    private static final int FAILURES_WITHOUT_PAUSE = 2;

    private final ChunkStoreConfig config;
    private final ChunkRows rows;
    private final PackFiles files;
    private final PackEnder ender;
    private final StoreCounters counters;
    private final Consumer<PendingRecord> onDone;
    private final BlockingQueue<Step> placing = new ArrayBlockingQueue<>(GROUPS_WAITING_MAX);
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Deque<PendingRecord> queue = new ArrayDeque<>();
    private final Thread writer;
    private final Thread placer;
    private long queuedBytes;
    private int groupsUnplaced;
    private boolean closing;
    private boolean endAsked;
    private int failuresInARow;
    private long syncedNanos;
    private @Nullable OpenPackFile current;

    /** What the placing thread is told, in order. */
    private sealed interface Step {
        record Place(
                OpenPackFile pack,
                List<PendingRecord> group,
                List<RecordHeader> headers,
                boolean underReplicated)
                implements Step {}

        record End(OpenPackFile pack) implements Step {}

        record Abandon(PackWriterLease lease, @Nullable OpenPackFile pack) implements Step {}

        record Stop() implements Step {}
    }

    /**
     * @param onDone told of each record when its waiters are about to have their answer
     */
    PackLane(
            String name,
            ChunkStoreConfig config,
            ChunkRows rows,
            PackFiles files,
            PackEnder ender,
            StoreCounters counters,
            Consumer<PendingRecord> onDone) {
        this.config = config;
        this.rows = rows;
        this.files = files;
        this.ender = ender;
        this.counters = counters;
        this.onDone = onDone;
        this.writer = Thread.ofPlatform().daemon().name(name + "-write").unstarted(this::writeAll);
        this.placer = Thread.ofPlatform().daemon().name(name + "-place").unstarted(this::placeAll);
    }

    void start() {
        writer.start();
        placer.start();
    }

    /** Queues a record; false when the lane is closing. What is queued is bounded by the caller. */
    boolean submit(PendingRecord record) {
        lock.lock();
        try {
            if (closing) {
                return false;
            }
            queue.addLast(record);
            queuedBytes += record.storedLength();
            changed.signal();
            return true;
        } finally {
            lock.unlock();
        }
    }

    long queuedBytes() {
        lock.lock();
        try {
            return queuedBytes;
        } finally {
            lock.unlock();
        }
    }

    /** Ends the pack that is open now, behind what is queued; the next record begins another. */
    void endPack() {
        lock.lock();
        try {
            endAsked = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Takes nothing new, finishes what is queued and ends the pack. */
    void close() throws InterruptedException {
        lock.lock();
        try {
            closing = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
        writer.join();
        placer.join();
    }

    private void writeAll() {
        try {
            while (true) {
                List<PendingRecord> group = takeGroup();
                if (!group.isEmpty()) {
                    write(group);
                } else if (drained()) {
                    break;
                }
                boolean asked = takeEndAsked();
                OpenPackFile pack = current;
                if (pack != null && (asked || worn(pack))) {
                    current = null;
                    placing.put(new Step.End(pack));
                } else if (pack != null && idleNanosLeft() <= 0) {
                    touch(pack);
                }
            }
            OpenPackFile last = current;
            if (last != null) {
                placing.put(new Step.End(last));
            }
            placing.put(new Step.Stop());
        } catch (InterruptedException e) {
            // Only the JVM's end interrupts this thread; the janitor takes the pack over.
            Thread.currentThread().interrupt();
        }
    }

    private long idleNanosLeft() {
        return config.idleCheck().toNanos() - (System.nanoTime() - syncedNanos);
    }

    /**
     * Looks after a pack that nothing is written to. When all its DataNodes were restarted, HDFS
     * does not serve the block before its file was recovered, and only the writer can have it
     * recovered: without this, chunks of an idle pack would be unreadable until the pack is old.
     */
    private void touch(OpenPackFile pack) throws InterruptedException {
        try {
            pack.touch(config.replicationMin());
            syncedNanos = System.nanoTime();
        } catch (IOException | RuntimeException e) {
            log.warn("an open pack has lost its file's writers; it is ended", e);
            current = null;
            placing.put(new Step.Abandon(pack.lease(), pack));
        }
    }

    /** Waits for records, for the pack's age to run out, or for the end; answers what waits. */
    private List<PendingRecord> takeGroup() throws InterruptedException {
        lock.lock();
        try {
            OpenPackFile pack = current;
            while (queue.isEmpty() && !endAsked && !(closing && groupsUnplaced == 0)) {
                long wait =
                        pack == null
                                ? Long.MAX_VALUE
                                : Math.min(
                                        config.packAgeMax().toNanos()
                                                - (System.nanoTime() - pack.bornNanos()),
                                        idleNanosLeft());
                if (wait <= 0) {
                    return List.of();
                }
                changed.awaitNanos(wait);
            }
            List<PendingRecord> group = new ArrayList<>();
            long bytes = 0;
            while (!queue.isEmpty()
                    && group.size() < config.groupRecordsMax()
                    && (group.isEmpty()
                            || bytes + queue.getFirst().storedLength() <= config.groupBytesMax())) {
                PendingRecord record = queue.removeFirst();
                bytes += record.storedLength();
                group.add(record);
            }
            queuedBytes -= bytes;
            groupsUnplaced += group.isEmpty() ? 0 : 1;
            return group;
        } finally {
            lock.unlock();
        }
    }

    private boolean takeEndAsked() {
        lock.lock();
        try {
            boolean asked = endAsked;
            endAsked = false;
            return asked;
        } finally {
            lock.unlock();
        }
    }

    private boolean closing() {
        lock.lock();
        try {
            return closing;
        } finally {
            lock.unlock();
        }
    }

    /** True when nothing is queued and no group can come back into the queue any more. */
    private boolean drained() {
        lock.lock();
        try {
            return closing && queue.isEmpty() && groupsUnplaced == 0;
        } finally {
            lock.unlock();
        }
    }

    private boolean worn(OpenPackFile pack) {
        return pack.end() >= config.packBytesMax()
                || pack.recordCount() + config.groupRecordsMax() > PackFormat.PACK_RECORDS_MAX
                || System.nanoTime() - pack.bornNanos() >= config.packAgeMax().toNanos();
    }

    private void write(List<PendingRecord> group) throws InterruptedException {
        OpenPackFile pack = null;
        try {
            pack = packWithRoomFor(group);
            long began = System.nanoTime();
            List<RecordHeader> headers = pack.append(group, config.replicationMin());
            syncedNanos = System.nanoTime();
            counters.syncSeconds.observeNanos(syncedNanos - began);
            boolean fewer = pack.replicas() < config.replication();
            placing.put(new Step.Place(pack, group, headers, fewer));
            failuresInARow = 0;
        } catch (IOException | RuntimeException | Error e) {
            // An error too: whoever waits for these records has to be told something.
            log.warn("a pack could not be written; its records go elsewhere", e);
            failuresInARow++;
            if (pack != null) {
                current = null;
                placing.put(new Step.Abandon(pack.lease(), pack));
            }
            again(group, e);
        }
    }

    private OpenPackFile packWithRoomFor(List<PendingRecord> group)
            throws IOException, InterruptedException {
        OpenPackFile pack = current;
        if (pack != null && pack.fenced()) {
            current = null;
            placing.put(new Step.Abandon(pack.lease(), pack));
            pack = null;
        }
        long bytes = 0;
        for (PendingRecord record : group) {
            bytes += PackFormat.RECORD_HEADER_BYTES + record.storedLength();
        }
        if (pack != null
                && pack.recordCount() > 0
                && pack.end() + bytes > config.packBytesMax() + PackFormat.ALIGNMENT) {
            current = null;
            placing.put(new Step.End(pack));
            pack = null;
        }
        if (pack == null) {
            pack = begin();
            current = pack;
        }
        return pack;
    }

    /**
     * Begins a pack. After a few failures in a row only one try a second is made: every try that
     * gets as far as a row leaves one to be cleaned up.
     */
    private OpenPackFile begin() throws IOException, InterruptedException {
        if (failuresInARow >= FAILURES_WITHOUT_PAUSE && !closing()) {
            TimeUnit.NANOSECONDS.sleep(config.failurePause().toNanos());
        }
        files.requireWritable();
        PackWriterLease lease = rows.beginPack();
        counters.packsBegun.increment();
        try {
            return new OpenPackFile(lease, files.create(lease.pack()), System.nanoTime());
        } catch (IOException | RuntimeException e) {
            placing.put(new Step.Abandon(lease, null));
            throw e;
        }
    }

    /** Puts records back to the front of the queue, or gives up those tried often enough. */
    private void again(List<PendingRecord> group, Throwable cause) {
        List<PendingRecord> failed = new ArrayList<>();
        lock.lock();
        try {
            for (PendingRecord record : group.reversed()) {
                if (record.attempt() < ATTEMPTS_MAX) {
                    queue.addFirst(record);
                    queuedBytes += record.storedLength();
                } else {
                    failed.add(record);
                }
            }
            groupsUnplaced--;
            changed.signal();
        } finally {
            lock.unlock();
        }
        if (!failed.isEmpty()) {
            ChunkStoreException failure =
                    StorageFailures.onWrite("the chunk could not be stored", cause, files);
            for (PendingRecord record : failed) {
                onDone.accept(record);
                record.fail(failure);
            }
        }
    }

    private void placeAll() {
        try {
            while (true) {
                switch (placing.take()) {
                    case Step.Place place -> place(place);
                    case Step.End end -> ender.end(end.pack());
                    case Step.Abandon abandon -> ender.abandon(abandon.lease(), abandon.pack());
                    case Step.Stop _ -> {
                        return;
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void place(Step.Place step) {
        if (step.pack().fenced()) {
            again(step.group(), new PackFencedException(step.pack().lease().pack()));
            return;
        }
        List<PlacedChunk> placed = new ArrayList<>();
        List<PendingRecord.Waiter> waiters = new ArrayList<>();
        for (int index = 0; index < step.group().size(); index++) {
            RecordHeader header = step.headers().get(index);
            for (PendingRecord.Waiter waiter : step.group().get(index).close()) {
                waiters.add(waiter);
                placed.add(
                        new PlacedChunk(
                                waiter.content(),
                                header.hash(),
                                header.offset(),
                                header.plainLength(),
                                header.storedLength(),
                                header.codec()));
            }
            counters.recordsWritten.increment();
            counters.storedBytesWritten.add(header.storedLength());
            counters.plainBytesWritten.add(header.plainLength());
        }
        counters.groups.increment();
        counters.groupRecords.observe(step.group().size());
        List<Placement> outcomes;
        try {
            outcomes = rows.place(step.pack().lease(), placed);
        } catch (PackFencedException e) {
            step.pack().fence();
            again(step.group(), e);
            return;
        } catch (RuntimeException | Error e) {
            ChunkStoreException failure =
                    new StorageUnavailableException(
                            "the chunk's rows could not be written; it may be stored or not", e);
            step.group().forEach(onDone);
            step.group().forEach(record -> record.fail(failure));
            placed();
            return;
        }
        if (step.underReplicated()) {
            counters.underReplicatedAcks.increment();
        }
        step.group().forEach(onDone);
        for (int index = 0; index < waiters.size(); index++) {
            waiters.get(index).answer().complete(outcomes.get(index));
        }
        placed();
    }

    private void placed() {
        lock.lock();
        try {
            groupsUnplaced--;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }
}
