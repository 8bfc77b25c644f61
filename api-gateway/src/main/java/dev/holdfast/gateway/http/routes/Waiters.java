package dev.holdfast.gateway.http.routes;

import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Counter;
import io.prometheus.client.Gauge;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The requests that wait for something, so that the end of the server can wake them all. */
public final class Waiters {
    private final Set<CountDownLatch> waiting = ConcurrentHashMap.newKeySet();
    private final Counter wakeups;
    private volatile boolean stopping;

    public Waiters(CollectorRegistry registry) {
        Gauge.build("holdfast_feed_waiters", "Requests that wait for the feed.")
                .create()
                .setChild(
                        new Gauge.Child() {
                            @Override
                            public double get() {
                                return waiting.size();
                            }
                        })
                .register(registry);
        wakeups =
                Counter.build("holdfast_feed_wakeups_total", "Waiters woken by their watch.")
                        .register(registry);
    }

    public boolean stopping() {
        return stopping;
    }

    /** Waits until the event, the end of the server, or the time is up. */
    void await(CompletableFuture<Void> event, long nanos) throws InterruptedException {
        CountDownLatch wake = new CountDownLatch(1);
        waiting.add(wake);
        try {
            if (stopping) {
                return;
            }
            var _ = event.whenComplete((_, _) -> wake.countDown());
            if (wake.await(nanos, TimeUnit.NANOSECONDS)) {
                wakeups.inc();
            }
        } finally {
            waiting.remove(wake);
        }
    }

    /** Wakes everyone, now and from now on. */
    public void stop() {
        stopping = true;
        waiting.forEach(CountDownLatch::countDown);
    }
}
