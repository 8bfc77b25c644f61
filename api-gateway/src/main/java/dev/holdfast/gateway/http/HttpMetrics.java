package dev.holdfast.gateway.http;

import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Counter;
import io.prometheus.client.Gauge;
import io.prometheus.client.Histogram;
import java.util.concurrent.atomic.AtomicReference;

/** What the listeners count. Labels are patterns of routes, methods, codes: few and bounded. */
public final class HttpMetrics {
    private final Counter requests;
    private final Histogram duration;
    private final Gauge inFlight;
    private final Counter rejected;
    private final Counter rateLimited;

    public HttpMetrics(CollectorRegistry registry) {
        requests =
                Counter.build("holdfast_http_requests_total", "Requests answered.")
                        .labelNames("route", "method", "status")
                        .register(registry);
        duration =
                Histogram.build(
                                "holdfast_http_request_duration_seconds",
                                "From the request's head to the end of its answer.")
                        .labelNames("route")
                        .buckets(.001, .005, .02, .1, .5, 2, 10, 60)
                        .register(registry);
        inFlight =
                Gauge.build("holdfast_http_in_flight", "Requests being served.")
                        .labelNames("role")
                        .register(registry);
        rejected =
                Counter.build(
                                "holdfast_http_rejected_total",
                                "Requests refused before they were served.")
                        .labelNames("reason")
                        .register(registry);
        rateLimited =
                Counter.build(
                                "holdfast_rate_limited_total",
                                "Requests refused because somebody asks too often.")
                        .labelNames("scope")
                        .register(registry);
    }

    /** What one route counts into. */
    Series series(String method, String pattern) {
        return new Series(method, pattern);
    }

    public void rejected(String reason) {
        rejected.labels(reason).inc();
    }

    /**
     * Counts a refusal.
     *
     * @param scope whose limit was met: device, account, sign-in of an account or of an address
     */
    public void rateLimited(String scope) {
        rateLimited.labels(scope).inc();
    }

    Gauge.Child inFlight(Route.Kind kind) {
        return inFlight.labels(
                switch (kind) {
                    case ORDINARY -> "ordinary";
                    case TRANSFER -> "transfer";
                    case WAITING -> "waiting";
                    case ALWAYS -> "always";
                });
    }

    /** Children of a route exist from its first request on: most routes are asked for rarely. */
    final class Series {
        private final String method;
        private final String pattern;
        private final AtomicReference<Common> common = new AtomicReference<>();

        private Series(String method, String pattern) {
            this.method = method;
            this.pattern = pattern;
        }

        void observe(int status, long nanos) {
            Common children = common.get();
            if (children == null) {
                children =
                        new Common(
                                duration.labels(pattern), requests.labels(pattern, method, "200"));
                common.set(children);
            }
            children.durations().observe(nanos / 1e9);
            if (status == 200) {
                children.ok().inc();
            } else {
                requests.labels(pattern, method, Integer.toString(status)).inc();
            }
        }
    }

    private record Common(Histogram.Child durations, Counter.Child ok) {}
}
