package dev.holdfast.sync.server;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * Gives up one transfer when the other end does not do its part in time. A line that died without a
 * word, or an end that hangs, is found out by nothing else: the time-out of a request ends with the
 * head of its answer, and says nothing of how a body gets on. It counts only while the other end is
 * waited for, so that a slow disk or a rate that a person set is nobody's fault.
 */
final class StallWatch implements AutoCloseable {
    private static final long LOOK_MILLIS = 1_000;

    private final Runnable giveUp;
    private long deadline;
    private boolean armed;
    private boolean closed;
    private boolean stalled;

    /**
     * Begins to watch, with nothing to wait for.
     *
     * @param giveUp ends the transfer, which a thread may be waiting for; called once at most
     */
    StallWatch(Runnable giveUp) {
        this.giveUp = giveUp;
        Thread.ofVirtual().name("stall-watch").start(this::watch);
    }

    /** The other end's turn, for so long at most. */
    synchronized void arm(Duration limit) {
        deadline = System.nanoTime() + limit.toNanos();
        armed = true;
    }

    /** Our turn. */
    synchronized void disarm() {
        armed = false;
    }

    synchronized boolean stalled() {
        return stalled;
    }

    private void watch() {
        if (over()) {
            giveUp.run();
        }
    }

    private synchronized boolean over() {
        try {
            while (!closed && !stalled) {
                wait(LOOK_MILLIS);
                stalled = !closed && armed && System.nanoTime() - deadline > 0;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return stalled;
    }

    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }

    /**
     * The same body; each piece of it has to be on its way within the limit.
     *
     * @param answer how long the answer may take once the last piece was handed over
     */
    HttpRequest.BodyPublisher watched(
            HttpRequest.BodyPublisher body, Duration piece, Duration answer) {
        Flow.Publisher<ByteBuffer> publisher =
                subscriber -> body.subscribe(new Watched(subscriber, piece, answer));
        return body.contentLength() > 0
                ? HttpRequest.BodyPublishers.fromPublisher(publisher, body.contentLength())
                : body;
    }

    /** The same bytes; each read has to end within the limit. */
    InputStream watched(InputStream in, Duration read) {
        return new FilterInputStream(in) {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] into, int from, int length) throws IOException {
                arm(read);
                try {
                    int count = in.read(into, from, length);
                    if (stalled()) {
                        throw new IOException(
                                "the server sent nothing for " + read.toSeconds() + " s");
                    }
                    return count;
                } finally {
                    disarm();
                }
            }
        };
    }

    /** Between a piece and the wish for the next one, it is the other end's turn. */
    private final class Watched implements Flow.Subscriber<ByteBuffer>, Flow.Subscription {
        private final Flow.Subscriber<? super ByteBuffer> to;
        private final Duration piece;
        private final Duration answer;
        private volatile boolean complete;
        private Flow.@Nullable Subscription from;

        Watched(Flow.Subscriber<? super ByteBuffer> to, Duration piece, Duration answer) {
            this.to = to;
            this.piece = piece;
            this.answer = answer;
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            from = subscription;
            to.onSubscribe(this);
        }

        @Override
        public void onNext(ByteBuffer bytes) {
            arm(piece);
            to.onNext(bytes);
        }

        @Override
        public void onError(Throwable failure) {
            disarm();
            to.onError(failure);
        }

        @Override
        public void onComplete() {
            complete = true;
            arm(answer);
            to.onComplete();
        }

        @Override
        public void request(long pieces) {
            // A wish may come after the last piece, too.
            if (!complete) {
                disarm();
            }
            if (from != null) {
                from.request(pieces);
            }
        }

        @Override
        public void cancel() {
            if (from != null) {
                from.cancel();
            }
        }
    }
}
