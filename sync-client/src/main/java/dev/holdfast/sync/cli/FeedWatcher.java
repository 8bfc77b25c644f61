package dev.holdfast.sync.cli;

import dev.holdfast.model.Limits;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.WantedChunks;
import dev.holdfast.sync.engine.LostChunks;
import dev.holdfast.sync.server.BusyException;
import dev.holdfast.sync.server.RefusedException;
import dev.holdfast.sync.server.SyncServer;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Waits at the server for something to happen, on a connection of its own, and wakes the control
 * thread. It carries no data: the control thread reads the feed itself.
 */
final class FeedWatcher implements AutoCloseable {
    private static final long REFUSED_MILLIS = 5_000;
    private static final long TOLD_MILLIS = 2_000;

    private final SyncServer server;
    private final NamespaceId namespace;
    private final LostChunks lostChunks;
    private final Runnable wake;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition moved = lock.newCondition();
    private @Nullable String cursor;
    private boolean news;

    /** Where all the news ends, as far as was told; null where that is not known. */
    private @Nullable String newsEnd;

    private boolean closed;

    FeedWatcher(SyncServer server, NamespaceId namespace, LostChunks lostChunks, Runnable wake) {
        this.server = server;
        this.namespace = namespace;
        this.lostChunks = lostChunks;
        this.wake = wake;
        this.thread = Thread.ofVirtual().name("feed").start(this::listen);
    }

    /** Tells up to where the control thread has read. */
    void readTo(@Nullable String now) {
        lock.lock();
        try {
            if (now != null && !now.equals(cursor)) {
                cursor = now;
                moved.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * True, once, when there is something to read.
     *
     * @param readTo up to where the control thread has read: what it has done itself is no news
     */
    boolean takeNews(@Nullable String readTo) {
        lock.lock();
        try {
            boolean taken = news && (newsEnd == null || !newsEnd.equals(readTo));
            news = false;
            return taken;
        } finally {
            lock.unlock();
        }
    }

    private void listen() {
        Backoff backoff = new Backoff(new SecureRandom());
        String told = null;
        String wantedAfter = "";
        while (true) {
            String at = next(told);
            if (at == null) {
                return;
            }
            try {
                ChangesPage page =
                        server.listen(namespace, at, wantedAfter, Limits.FEED_WAIT_SECONDS_DEFAULT);
                backoff.succeeded();
                told = page.entries().isEmpty() ? null : at;
                WantedChunks wanted = page.wanted();
                if (wanted != null) {
                    wantedAfter = wanted.cursor();
                    lostChunks.noticed();
                }
                if (told != null || wanted != null) {
                    tell(wanted != null || page.hasMore() ? null : page.cursor());
                }
            } catch (RefusedException e) {
                // A cursor to be reset, a revoked device: the control thread finds out what it is.
                tell(null);
                pause(REFUSED_MILLIS);
            } catch (IOException e) {
                long asked = e instanceof BusyException busy ? busy.retryAfterMillis() : 0;
                pause(backoff.failed(asked));
            }
        }
    }

    private void tell(@Nullable String end) {
        lock.lock();
        try {
            news = true;
            newsEnd = end;
        } finally {
            lock.unlock();
        }
        wake.run();
    }

    /** A cursor to wait at: any but the one at which news was told; null when closed. */
    private @Nullable String next(@Nullable String told) {
        lock.lock();
        try {
            long left = TOLD_MILLIS * 1_000_000;
            while (!closed && (cursor == null || (cursor.equals(told) && left > 0))) {
                left = moved.awaitNanos(cursor == null ? Long.MAX_VALUE : left);
            }
            return closed ? null : cursor;
        } catch (InterruptedException e) {
            return null;
        } finally {
            lock.unlock();
        }
    }

    private void pause(long millis) {
        lock.lock();
        try {
            long left = millis * 1_000_000;
            while (!closed && left > 0) {
                left = moved.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            moved.signalAll();
        } finally {
            lock.unlock();
        }
        thread.interrupt();
    }
}
