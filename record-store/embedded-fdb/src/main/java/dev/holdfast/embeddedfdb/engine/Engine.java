package dev.holdfast.embeddedfdb.engine;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One open database: its views by version, the commit thread and the watches. All methods may be
 * called from any thread.
 *
 * <p>Views: after each group the commit thread publishes the view of the group's version. While
 * nothing commits, a reader that finds the newest view more than a moment old publishes one for the
 * present version, so that an idle database does not hand out versions that are about to leave the
 * window. Views older than the window are retired by the next publication or by a timer.
 */
public final class Engine implements AutoCloseable {
    /** Versions a read may lie behind the present: five seconds. */
    public static final long WINDOW_VERSIONS = 5_000_000;

    /** How far versions leap where the clock is behind what was committed. */
    private static final long LEAP_VERSIONS = 100_000_000;

    private static final long REFRESH_AFTER_VERSIONS = 200_000;
    private static final long FUTURE_WAIT_MILLIS = 1_000;
    private static final long FUTURE_POLL_MILLIS = 10;
    private static final long CLOSE_WAIT_SECONDS = 2;

    /** One transaction in so many begins with an answer from another thread. */
    private static final int LATE_EVERY = 64;

    private final Storage storage;
    private final EngineClock clock;
    private final Statistics statistics = new Statistics();
    private final ExecutorService handOver;
    private final ScheduledExecutorService timer;
    private final DiskReads diskReads = new DiskReads();
    private final Completions completions;
    private final WatchRegistry watches;
    private final ConcurrentSkipListMap<Long, View> views = new ConcurrentSkipListMap<>();
    private final Object publishing = new Object();
    private final CommitThread commits;
    private volatile View newest;
    private volatile boolean closed;
    private long chosenVersion;
    private boolean groupOpen;
    private int begun;

    /** Starts the engine over an open storage, which it closes at its end. */
    Engine(Storage storage, EngineClock clock, Faults faults) {
        this.storage = storage;
        this.clock = notBefore(storage.lastVersion(), clock);
        handOver =
                Executors.newThreadPerTaskExecutor(
                        Thread.ofVirtual().name("holdfast-fdb-done-", 0).factory());
        ScheduledThreadPoolExecutor timers =
                new ScheduledThreadPoolExecutor(
                        1, Thread.ofPlatform().daemon().name("holdfast-fdb-timer").factory());
        timers.setRemoveOnCancelPolicy(true);
        timers.setContinueExistingPeriodicTasksAfterShutdownPolicy(false);
        timer = timers;
        completions = new Completions(handOver);
        watches = new WatchRegistry(completions);
        long first = this.clock.micros();
        newest = storage.view(first);
        views.put(first, newest);
        chosenVersion = first;
        commits = new CommitThread(this, storage, faults, first);
        var _ = timer.scheduleWithFixedDelay(this::retireOldViews, 500, 500, TimeUnit.MILLISECONDS);
        commits.start();
    }

    /**
     * A clock whose times can be versions: every one is later than the last commit, and they go on
     * with time. Were versions only kept above that commit while the wall clock is behind it, the
     * window would stand still until the clock caught up: nothing would get too old, and every
     * version would be kept.
     */
    private static EngineClock notBefore(long lastVersion, EngineClock clock) {
        long behind = lastVersion - clock.micros();
        if (behind < 0) {
            return clock;
        }
        long ahead = behind + LEAP_VERSIONS;
        return () -> clock.micros() + ahead;
    }

    /** The version of this moment, which may be ahead of every commit. */
    long presentVersion() {
        return Math.max(clock.micros(), newest.version());
    }

    Completions completions() {
        return completions;
    }

    WatchRegistry watches() {
        return watches;
    }

    public Statistics statistics() {
        return statistics;
    }

    /** Where reads wait for the disk. */
    public Executor diskReads() {
        return diskReads;
    }

    /** Timer for back-off and time limits. */
    public ScheduledExecutorService timer() {
        return timer;
    }

    /**
     * A view of everything acknowledged before this call.
     *
     * @throws EmbeddedFdbException 1101 when the database is closed
     */
    public View latest() {
        statistics.readVersions.increment();
        View view = newest;
        if (clock.micros() - view.version() < REFRESH_AFTER_VERSIONS) {
            return view;
        }
        synchronized (publishing) {
            requireOpen();
            if (newest == view && !groupOpen && storage.isOpen()) {
                chosenVersion = Math.max(clock.micros(), chosenVersion + 1);
                publishLocked(chosenVersion);
            }
            return newest;
        }
    }

    /**
     * Chooses the version of a group; for the commit thread. From here to {@link #endGroup} no view
     * of a later version is made, for it would have to hold the group's writes.
     */
    long beginGroup() {
        synchronized (publishing) {
            groupOpen = true;
            chosenVersion = Math.max(clock.micros(), chosenVersion + 1);
            return chosenVersion;
        }
    }

    /** Publishes the state after a durable group; for the commit thread. */
    void publish(long version) {
        synchronized (publishing) {
            publishLocked(version);
            groupOpen = false;
        }
        retireOldViews();
    }

    /**
     * Retires every view, because the storage must be opened anew; for the commit thread, within a
     * group. Reads fail with 1007 until {@link #storageReplaced}.
     */
    void letGoOfStorage() {
        synchronized (publishing) {
            views.values().forEach(View::retire);
            views.clear();
        }
    }

    /** The storage is open again; the version is its first. */
    void storageReplaced(long version) {
        synchronized (publishing) {
            publishLocked(version);
        }
    }

    void endGroup() {
        synchronized (publishing) {
            groupOpen = false;
        }
    }

    private void publishLocked(long version) {
        View view = storage.view(version);
        views.put(version, view);
        newest = view;
    }

    private void retireOldViews() {
        long oldest = presentVersion() - WINDOW_VERSIONS;
        while (true) {
            Map.Entry<Long, View> first = views.firstEntry();
            if (first == null || first.getKey() >= oldest || first.getValue() == newest) {
                return;
            }
            // A version between two views reads the older one, so that one stays until the next is
            // at the window's edge too.
            Long second = views.higherKey(first.getKey());
            if (second == null || second > oldest) {
                return;
            }
            if (views.remove(first.getKey(), first.getValue())) {
                first.getValue().retire();
            }
        }
    }

    /** Approximate size of the stored data, in bytes. */
    public long storedBytes() {
        return storage.storedBytes();
    }

    /**
     * Copies the database, as it is at some moment of this call, to a directory that {@link
     * Engines#restore} and {@link Engines#onDisk} accept. Commits go on meanwhile.
     *
     * @param target must be absent or empty
     * @param progress told bytes copied so far and in all
     * @throws IOException when a file cannot be read or written; what was copied is left there
     */
    public void backup(Path target, Backup.Progress progress) throws IOException {
        storage.backup(target, progress);
    }

    /** Where the data is, for people. */
    public String place() {
        return storage.name();
    }

    /** Whether the storage takes commits; false while its disk cannot be written. */
    public boolean isWritable() {
        return storage.isWritable();
    }

    /** Approximate size of what is stored in {@code [begin, end)}, in bytes. */
    public long approximateBytes(byte[] begin, byte[] end) {
        return storage.approximateBytes(begin, end);
    }

    /**
     * Whether the first answer to a transaction that begins now is to come later though it is known
     * at once; see {@link #answerLater}.
     */
    public boolean isTurnToBeLate() {
        // Threads that race here miss a turn at most.
        int count = begun + 1;
        begun = count;
        return count % LATE_EVERY == 0;
    }

    /**
     * Completes a future from another thread. Programs for a cluster repeat asynchronous work until
     * something has happened and rely on the caller being let go meanwhile; if every answer were
     * there at once, such a loop would keep its caller for ever.
     */
    public <T> void answerLater(Executor executor, CompletableFuture<T> future, @Nullable T value) {
        completions.complete(executor, future, value);
    }

    /** Runs a task in an executor, or here when the executor no longer takes work. */
    public static void dispatch(Executor executor, Runnable task) {
        Completions.dispatch(executor, task);
    }

    /** Number of views that are held for readers. */
    public int viewCount() {
        return views.size();
    }

    /** Whether a read at this version has fallen out of the window. */
    public boolean tooOld(long version) {
        return version < presentVersion() - WINDOW_VERSIONS;
    }

    /**
     * The view for a read version that the caller chose: 1007 when it has left the window, 1009
     * when nothing has reached it within a second.
     */
    public CompletableFuture<View> at(long version) {
        CompletableFuture<View> found = new CompletableFuture<>();
        seek(version, clock.micros() + FUTURE_WAIT_MILLIS * 1_000, found);
        return found;
    }

    private void seek(long version, long deadlineMicros, CompletableFuture<View> found) {
        try {
            if (version <= latest().version()) {
                Map.Entry<Long, View> entry = views.floorEntry(version);
                if (entry == null || tooOld(version)) {
                    throw FdbError.TRANSACTION_TOO_OLD.exception();
                }
                found.complete(entry.getValue());
            } else if (clock.micros() >= deadlineMicros) {
                throw FdbError.FUTURE_VERSION.exception();
            } else {
                var _ =
                        timer.schedule(
                                () -> seek(version, deadlineMicros, found),
                                FUTURE_POLL_MILLIS,
                                TimeUnit.MILLISECONDS);
            }
        } catch (EmbeddedFdbException failure) {
            found.completeExceptionally(failure);
        } catch (RejectedExecutionException closing) {
            found.completeExceptionally(FdbError.OPERATION_CANCELLED.exception());
        }
    }

    /** Hands a transaction to the commit thread; its outcome future always completes. */
    public void commit(CommitRequest request) {
        commits.submit(request);
    }

    /**
     * Counts a watch of a transaction that has not committed yet, until its future ends.
     *
     * @param max watches there may be at once
     * @throws EmbeddedFdbException 1032 when there are as many already
     */
    public void makeWatch(CompletableFuture<Void> fired, int max) {
        watches.make(fired, max);
    }

    /**
     * Watches a key for a durable change away from the expected value.
     *
     * @param fired completed when it changes; ending it in another way removes the watch
     */
    public void watch(
            byte[] key,
            byte @Nullable [] expected,
            Executor executor,
            CompletableFuture<Void> fired) {
        watches.add(key, expected, executor, fired);
        try {
            View present = latest();
            try {
                fireIfOther(present.cached().get(key), expected, executor, fired);
            } catch (NotInMemory onDisk) {
                diskReads.execute(() -> fireIfOther(present, key, expected, executor, fired));
            }
        } catch (EmbeddedFdbException failure) {
            completions.fail(executor, fired, failure);
        }
    }

    private void fireIfOther(
            View view,
            byte[] key,
            byte @Nullable [] expected,
            Executor executor,
            CompletableFuture<Void> fired) {
        try {
            fireIfOther(view.get(key), expected, executor, fired);
        } catch (EmbeddedFdbException failure) {
            completions.fail(executor, fired, failure);
        }
    }

    private void fireIfOther(
            byte @Nullable [] present,
            byte @Nullable [] expected,
            Executor executor,
            CompletableFuture<Void> fired) {
        if (!Arrays.equals(present, expected)) {
            completions.complete(executor, fired, null);
        }
    }

    /** Watches that have not ended. */
    public int watchCount() {
        return watches.size();
    }

    public boolean isClosed() {
        return closed;
    }

    /** Answers that a fault delayed are still told; everything periodic has stopped. */
    private void awaitTimer() {
        try {
            if (!timer.awaitTermination(CLOSE_WAIT_SECONDS, TimeUnit.SECONDS)) {
                timer.shutdownNow();
            }
        } catch (InterruptedException stopped) {
            timer.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    private void requireOpen() {
        if (closed) {
            throw FdbError.OPERATION_CANCELLED.exception("the database is closed");
        }
    }

    /** Finishes the commits already handed in, then frees everything. Idempotent. */
    @Override
    public void close() {
        synchronized (publishing) {
            if (closed) {
                return;
            }
            closed = true;
        }
        commits.stop();
        timer.shutdown();
        awaitTimer();
        watches.close();
        diskReads.close();
        handOver.shutdown();
        views.values().forEach(View::retire);
        views.clear();
        storage.close();
    }
}
