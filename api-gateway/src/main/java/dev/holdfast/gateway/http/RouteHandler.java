package dev.holdfast.gateway.http;

import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Refusal;
import dev.holdfast.model.Sha256;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.prometheus.client.Gauge;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Runs one route: admits the request or refuses it at once, gives it an id, answers every failure
 * with a problem, counts and logs it. A failure after the answer has begun can only cut the
 * connection, and does.
 */
final class RouteHandler implements Handler {
    /** One line a request. */
    static final String ACCESS_LOG = "dev.holdfast.access";

    private static final Logger ACCESS = LoggerFactory.getLogger(ACCESS_LOG);
    private static final HeaderName TRACE_PARENT = HeaderNames.create("traceparent");
    private static final String REQUEST_ID = "request_id";
    private static final String TRACE_ID = "trace_id";
    private static final String SPAN_ID = "span_id";

    private final Route route;
    private final Places places;
    private final Shared shared;
    private final HttpMetrics.Series series;
    private final Gauge.Child inFlight;
    private final String operation;

    RouteHandler(Route route, Places places, Shared shared) {
        this.route = route;
        this.places = places;
        this.shared = shared;
        this.series = shared.metrics().series(route.method(), route.pattern());
        this.inFlight = shared.metrics().inFlight(route.kind());
        this.operation = Operation.of(route);
    }

    /** What all routes of a listener use. */
    record Shared(
            HttpMetrics metrics,
            StallGuard guard,
            Exchange.Patience patience,
            StandardHeaders headers,
            @Nullable RateLimits limits) {}

    @Override
    public void handle(ServerRequest request, ServerResponse response) {
        long start = System.nanoTime();
        String requestId = RequestIds.of(request);
        Trace trace = Trace.of(request.headers().first(TRACE_PARENT).orElse(null));
        StallGuard.Watch watch = shared.guard().watch();
        Exchange exchange =
                new Exchange(
                        request, response, requestId, shared.headers(), watch, shared.patience());
        MDC.put(REQUEST_ID, requestId);
        MDC.put(TRACE_ID, trace.traceId());
        MDC.put(SPAN_ID, trace.spanId());
        Operation.begin(operation);
        inFlight.inc();
        try {
            serve(exchange);
        } catch (CloseConnectionException e) {
            throw e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CloseConnectionException("the server stops", e);
        } catch (Throwable failure) {
            if (CutBodyException.isCauseOf(failure)) {
                throw new CloseConnectionException("the client went away", failure);
            }
            answer(exchange, failure);
        } finally {
            inFlight.dec();
            watch.close();
            finish(response.status().code(), System.nanoTime() - start, trace);
        }
        if (request.headers().contains(HeaderValues.CONNECTION_CLOSE)) {
            // The server below says so in its answer and would keep the connection all the same.
            throw new CloseConnectionException("the client asked for it");
        }
    }

    private void serve(Exchange exchange) throws Exception {
        if (!places.tryAcquire()) {
            shared.metrics().rejected("concurrency");
            throw new ProblemException(
                    ProblemCode.UNAVAILABLE, "the server is at its limit; try again shortly");
        }
        long start = System.nanoTime();
        boolean overloaded = false;
        try {
            // In its place already: whose account a new token is of has to be looked up.
            if (shared.limits() != null && route.kind() != Route.Kind.ALWAYS) {
                limit(exchange, shared.limits());
            }
            route.action().answer(exchange);
        } catch (Exception failure) {
            overloaded = Problems.isOverload(failure);
            throw failure;
        } finally {
            places.release(System.nanoTime() - start, overloaded);
        }
    }

    private void limit(Exchange exchange, RateLimits limits) {
        Sha256 token = exchange.tokenHash();
        if (token == null) {
            return;
        }
        RateLimits.Grant grant = limits.take(token);
        exchange.lasting(limits.policy());
        exchange.lasting(grant.left());
        if (grant.refusedScope() != null) {
            shared.metrics().rateLimited(grant.refusedScope());
            throw ProblemException.limited(
                    "this "
                            + grant.refusedScope()
                            + " makes too many requests; wait "
                            + grant.waitSeconds()
                            + " seconds",
                    grant.waitSeconds());
        }
    }

    private void finish(int status, long nanos, Trace trace) {
        series.observe(status, nanos);
        var line =
                ACCESS.atInfo()
                        .addKeyValue("method", route.method())
                        .addKeyValue("route", route.pattern())
                        .addKeyValue("status", status)
                        .addKeyValue("duration_micros", nanos / 1_000);
        if (trace.parentId() != null) {
            line = line.addKeyValue("parent_span_id", trace.parentId());
        }
        line.log("request");
        Operation.end();
        MDC.remove(REQUEST_ID);
        MDC.remove(TRACE_ID);
        MDC.remove(SPAN_ID);
    }

    private static void answer(Exchange exchange, Throwable failure) {
        Refusal refusal = Problems.refusal(failure, exchange.requestId());
        ServerResponse response = exchange.response();
        if (response.isSent()
                || (response instanceof RoutingResponse routing && !routing.resetStream())) {
            throw new CloseConnectionException("failed in the middle of an answer", failure);
        }
        String challenge =
                failure instanceof ProblemException problem && problem.challenge() != null
                        ? problem.challenge()
                        : BearerTokens.challenge();
        if (refusal.code() == ProblemCode.NOT_SIGNED_IN) {
            exchange.problem(refusal, HeaderNames.WWW_AUTHENTICATE, challenge);
        } else if (refusal.code().retryable()) {
            long seconds =
                    failure instanceof ProblemException problem ? problem.retryAfterSeconds() : 1;
            exchange.problem(refusal, HeaderNames.RETRY_AFTER, Long.toString(seconds));
        } else {
            exchange.problem(refusal, null, "");
        }
    }
}
