package dev.holdfast.gateway.http;

import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Refusal;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.prometheus.client.Gauge;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one route: admits the request or refuses it at once, gives it an id, answers every failure
 * with a problem, counts and logs it. A failure after the answer has begun can only cut the
 * connection, and does.
 */
final class RouteHandler implements Handler {
    private static final Logger ACCESS = LoggerFactory.getLogger("dev.holdfast.access");

    private final Route route;
    private final Semaphore places;
    private final HttpMetrics metrics;
    private final StallGuard guard;
    private final Exchange.Patience patience;
    private final HttpMetrics.Series series;
    private final Gauge.Child inFlight;

    RouteHandler(Route route, Semaphore places, Shared shared) {
        this.route = route;
        this.places = places;
        this.metrics = shared.metrics();
        this.guard = shared.guard();
        this.patience = shared.patience();
        this.series = metrics.series(route.method(), route.pattern());
        this.inFlight = metrics.inFlight(route.kind());
    }

    /** What all routes of a listener use. */
    record Shared(HttpMetrics metrics, StallGuard guard, Exchange.Patience patience) {}

    @Override
    public void handle(ServerRequest request, ServerResponse response) {
        long start = System.nanoTime();
        String requestId = RequestIds.of(request);
        response.header(HeaderValues.create(Exchange.REQUEST_ID, requestId));
        StallGuard.Watch watch = guard.watch();
        Exchange exchange = new Exchange(request, response, requestId, watch, patience);
        boolean admitted = places.tryAcquire();
        inFlight.inc();
        try {
            if (!admitted) {
                metrics.rejected("concurrency");
                throw new ProblemException(
                        ProblemCode.UNAVAILABLE, "the server is at its limit; try again shortly");
            }
            route.action().answer(exchange);
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
            if (admitted) {
                places.release();
            }
            inFlight.dec();
            watch.close();
            long nanos = System.nanoTime() - start;
            series.observe(response.status().code(), nanos);
            ACCESS.info(
                    "{} {} {} {}us {}",
                    route.method(),
                    route.pattern(),
                    response.status().code(),
                    nanos / 1_000,
                    requestId);
        }
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
