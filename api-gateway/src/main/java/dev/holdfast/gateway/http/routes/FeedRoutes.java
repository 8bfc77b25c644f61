package dev.holdfast.gateway.http.routes;

import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.metadata.Caller;
import dev.holdfast.metadata.Feed;
import dev.holdfast.metadata.FeedWatch;
import dev.holdfast.model.Limits;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.wire.Ack;
import dev.holdfast.model.wire.ChangesPage;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The feed and its long poll. A poll holds no transaction while it waits; each time it wakes, the
 * page is read in a transaction of its own, which decides access anew. A lost watch costs one
 * period of looking again, never an event.
 */
public final class FeedRoutes {
    /** How long a poll trusts its watch before it looks by itself. */
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(20);

    /** Polls end up to this share earlier than asked for, so that they do not end in step. */
    private static final double JITTER = 0.1;

    private final Feed feed;
    private final Waiters waiters;
    private final Visibility visibility;
    private final RandomGenerator random;

    public FeedRoutes(Feed feed, Waiters waiters, SyncMetrics metrics, RandomGenerator random) {
        this.visibility = metrics.visibility();
        this.feed = feed;
        this.waiters = waiters;
        this.random = random;
    }

    public List<Route> routes() {
        return List.of(
                Route.waiting("GET", "/v1/namespaces/{ns}/changes", this::changes),
                Route.of("POST", "/v1/namespaces/{ns}/ack", this::ack));
    }

    private void changes(Exchange exchange) throws InterruptedException {
        Caller caller = exchange.caller();
        NamespaceId ns = NamespaceRoutes.ns(exchange);
        String cursor = exchange.query("cursor");
        int limit = NamespaceRoutes.limit(exchange);
        String wantedAfter = exchange.query("wanted_after");
        long waitSeconds = exchange.number("wait", 0, 0, Limits.FEED_WAIT_SECONDS_MAX);
        Look look = () -> read(caller, ns, cursor, limit, wantedAfter);
        ChangesPage page = look.page();
        if (waitSeconds == 0 || !isIdle(page)) {
            exchange.json(page);
            return;
        }
        Visibility.Waiter waiter = visibility.enter(ns);
        try {
            page = await(ns, look, Duration.ofSeconds(waitSeconds), page);
        } finally {
            visibility.leave(waiter);
        }
        exchange.json(page);
        if (!isIdle(page)) {
            visibility.answered(waiter);
        }
    }

    /** One look at what there is now. */
    @FunctionalInterface
    private interface Look {
        ChangesPage page();
    }

    private ChangesPage await(NamespaceId ns, Look look, Duration wait, ChangesPage idle)
            throws InterruptedException {
        long nanos = (long) (wait.toNanos() * (1 - JITTER * random.nextDouble()));
        long deadline = System.nanoTime() + nanos;
        ChangesPage page = idle;
        while (isIdle(page) && !waiters.stopping()) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return page;
            }
            try (FeedWatch watch = feed.watch(ns)) {
                // Whatever was committed before the watch stood is found by this read.
                page = look.page();
                if (isIdle(page)) {
                    waiters.await(watch.moved(), Math.min(left, LOOK_AGAIN.toNanos()));
                }
            }
        }
        return isIdle(page) ? look.page() : page;
    }

    private ChangesPage read(
            Caller caller,
            NamespaceId ns,
            @Nullable String cursor,
            int limit,
            @Nullable String wantedAfter) {
        ChangesPage page = Exchange.granted(feed.changes(caller, ns, cursor, limit));
        return wantedAfter == null
                ? page
                : Exchange.granted(feed.wanted(caller, ns, wantedAfter))
                        .map(page::withWanted)
                        .orElse(page);
    }

    private static boolean isIdle(ChangesPage page) {
        return page.entries().isEmpty() && !page.hasMore() && page.wanted() == null;
    }

    private void ack(Exchange exchange) {
        Caller caller = exchange.caller();
        NamespaceId ns = NamespaceRoutes.ns(exchange);
        Ack ack = exchange.body(Ack.class);
        Exchange.granted(feed.ack(caller, ns, ack.cursor()));
        exchange.empty(204);
    }
}
