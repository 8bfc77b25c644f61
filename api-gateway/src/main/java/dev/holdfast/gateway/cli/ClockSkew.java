package dev.holdfast.gateway.cli;

import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordContext;
import com.apple.foundationdb.record.provider.foundationdb.FDBRecordContextConfig;
import io.prometheus.client.Collector;
import io.prometheus.client.GaugeMetricFamily;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far this machine's clock has run away from FoundationDB's, whose versions advance by about a
 * million a second, between the last two scrapes. A recovery of the cluster skips versions and
 * shows once as a large negative number. Nothing depends on clocks; a wrong one expires things
 * early or late.
 */
final class ClockSkew extends Collector {
    private static final Logger LOG = LoggerFactory.getLogger(ClockSkew.class);
    private static final long VERSIONS_PER_MILLI = 1_000;
    private static final long READ_MILLIS_MAX = 2_000;

    /** Nearer scrapes measure from the same point: what a read takes would weigh too much. */
    private static final Duration APART = Duration.ofSeconds(10);

    private final FDBDatabase database;
    private final InstantSource clock;
    private long fromMillis;
    private long fromVersion;
    private double seconds;

    ClockSkew(FDBDatabase database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
        this.fromVersion = version();
        this.fromMillis = clock.millis();
    }

    @Override
    public synchronized List<MetricFamilySamples> collect() {
        try {
            long version = version();
            long now = clock.millis();
            if (now - fromMillis >= APART.toMillis() || now < fromMillis) {
                long versionMillis = (version - fromVersion) / VERSIONS_PER_MILLI;
                seconds = (now - fromMillis - versionMillis) / 1e3;
                fromMillis = now;
                fromVersion = version;
            }
        } catch (RuntimeException e) {
            LOG.debug("FoundationDB gives no read version for the clock", e);
        }
        return List.of(
                new GaugeMetricFamily(
                        "holdfast_clock_skew_seconds",
                        "What this clock gained on FoundationDB's versions between two scrapes.",
                        seconds));
    }

    private long version() {
        FDBRecordContextConfig config =
                FDBRecordContextConfig.newBuilder()
                        .setTransactionTimeoutMillis(READ_MILLIS_MAX)
                        .build();
        try (FDBRecordContext context = database.openContext(config)) {
            return context.getReadVersion();
        }
    }
}
