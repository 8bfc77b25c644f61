package dev.holdfast.gateway.http;

/**
 * One route of a listener. The list of all routes is what the OpenAPI document is held against.
 *
 * @param method in upper case
 * @param pattern the path, with parameters in braces; it is also the route's label in metrics and
 *     logs
 */
public record Route(String method, String pattern, Kind kind, Action action) {
    /** Which limits apply to a route. */
    public enum Kind {
        /** Counts against the limit of concurrent requests. */
        ORDINARY,
        /** Carries bytes, at the client's pace; limited apart from ordinary ones. */
        TRANSFER,
        /** Spends its time waiting; it has a limit of its own. */
        WAITING,
        /** Answers whatever the load is. */
        ALWAYS
    }

    /** What a route does; it answers on the exchange or throws. */
    @FunctionalInterface
    public interface Action {
        void answer(Exchange exchange) throws Exception;
    }

    public static Route of(String method, String pattern, Action action) {
        return new Route(method, pattern, Kind.ORDINARY, action);
    }

    public static Route transfer(String method, String pattern, Action action) {
        return new Route(method, pattern, Kind.TRANSFER, action);
    }

    public static Route waiting(String method, String pattern, Action action) {
        return new Route(method, pattern, Kind.WAITING, action);
    }

    public static Route always(String method, String pattern, Action action) {
        return new Route(method, pattern, Kind.ALWAYS, action);
    }

    /**
     * The route makes something new each time. Who sends an {@code Idempotency-Key} with it counts
     * on a promise that is not made, and is told so.
     */
    public Route newEachTime() {
        return new Route(
                method,
                pattern,
                kind,
                exchange -> {
                    if (exchange.header(Exchange.IDEMPOTENCY_KEY) != null) {
                        throw ProblemException.invalid(
                                "this request takes no Idempotency-Key: each makes another code or"
                                        + " job; a code that was lost expires, a job that was"
                                        + " ordered stands in the list of jobs");
                    }
                    action.answer(exchange);
                });
    }
}
