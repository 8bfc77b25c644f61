package dev.holdfast.gateway.workers;

import dev.holdfast.gateway.http.Route;
import dev.holdfast.metadata.CollectionStore;
import dev.holdfast.metadata.WorkLease;
import io.prometheus.client.Collector;
import io.prometheus.client.Collector.MetricFamilySamples;
import io.prometheus.client.CollectorRegistry;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gauges of the whole cell (space, queues, jobs, leases). Every process asks for one lease and only
 * its holder exports them, so that a sum over all processes is right. What it exports is at most
 * two periods old; a process that lost the lease exports nothing.
 */
final class CellMetrics implements Worker {
    private static final Logger log = LoggerFactory.getLogger(CellMetrics.class);
    private static final String WORK = "cell-metrics";
    private static final Duration PERIOD = Duration.ofSeconds(10);
    private static final Duration LEASE_LIFE = PERIOD.multipliedBy(3);

    private final CellGauges gauges;
    private final FeedGauge feed;
    private final CollectionStore rows;
    private final String holder;
    private final InstantSource clock;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private volatile List<MetricFamilySamples> exported = List.of();
    private volatile long exportedAtMillis;
    private @Nullable WorkLease lease;

    CellMetrics(Stores stores, CollectionStore rows, String holder) {
        this.rows = rows;
        this.holder = holder;
        this.clock = stores.config().clock();
        this.gauges = new CellGauges(rows, stores.metadata().accounts(), clock);
        this.feed = new FeedGauge(stores.metadata().feed());
        this.thread = Thread.ofVirtual().name("cell-metrics").unstarted(this::loop);
    }

    private void loop() {
        try {
            do {
                try {
                    look();
                } catch (RuntimeException e) {
                    log.warn("the cell's gauges cannot be read now: {}", e.toString());
                }
            } while (!closing.await(PERIOD.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            log.debug("interrupted");
        }
    }

    private void look() {
        Optional<WorkLease> mine = rows.leases().acquire(WORK, holder, LEASE_LIFE);
        lease = mine.orElse(null);
        exported = mine.isPresent() ? read() : List.of();
        exportedAtMillis = clock.millis();
    }

    private List<MetricFamilySamples> read() {
        List<MetricFamilySamples> all = new ArrayList<>(gauges.read());
        all.add(feed.read(clock.millis()));
        return List.copyOf(all);
    }

    private List<MetricFamilySamples> export() {
        boolean fresh = clock.millis() - exportedAtMillis < LEASE_LIFE.toMillis();
        return fresh ? exported : List.of();
    }

    @Override
    public List<Route> routes() {
        return List.of();
    }

    @Override
    public void register(CollectorRegistry registry) {
        registry.register(
                new Collector() {
                    @Override
                    public List<MetricFamilySamples> collect() {
                        return export();
                    }
                });
    }

    @Override
    public void start() {
        thread.start();
    }

    @Override
    public void close() {
        closing.countDown();
        try {
            if (thread.getState() != Thread.State.NEW && thread.join(Duration.ofSeconds(5))) {
                WorkLease held = lease;
                if (held != null) {
                    rows.leases().release(held);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            log.debug("the lease of the cell's gauges runs out by itself", e);
        }
    }
}
