package dev.holdfast.gateway.workers;

import dev.holdfast.metadata.Feed;
import dev.holdfast.metadata.FeedLag;
import io.prometheus.client.Collector.MetricFamilySamples;
import io.prometheus.client.GaugeMetricFamily;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How far devices are behind the feed. Looking costs a read or two for each device and namespace,
 * so it is done once a minute. For one thread.
 */
final class FeedGauge {
    /** Clients say how far they are at least every few minutes while they run. */
    private static final Duration PRESENT = Duration.ofMinutes(15);

    private static final long PERIOD_MILLIS = Duration.ofMinutes(1).toMillis();

    private final Feed feed;
    private @Nullable FeedLag last;
    private long lastAtMillis;

    FeedGauge(Feed feed) {
        this.feed = feed;
    }

    MetricFamilySamples read(long nowMillis) {
        FeedLag lag = last;
        if (lag == null || Math.abs(nowMillis - lastAtMillis) >= PERIOD_MILLIS) {
            lag = feed.lag(PRESENT);
            last = lag;
            lastAtMillis = nowMillis;
        }
        GaugeMetricFamily family =
                new GaugeMetricFamily(
                        "holdfast_feed_lag_seconds",
                        "Age of the oldest change that some device has not acknowledged, of those"
                                + " that are present and those that are away.",
                        List.of("class"));
        family.addMetric(List.of("present"), lag.presentMillis() / 1e3);
        family.addMetric(List.of("away"), lag.awayMillis() / 1e3);
        return family;
    }
}
