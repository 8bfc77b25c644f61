package dev.holdfast.gateway.http.routes;

import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.metadata.Caller;
import dev.holdfast.metadata.Rewinds;
import dev.holdfast.metadata.TreeJobs;
import dev.holdfast.model.Id128;
import dev.holdfast.model.wire.RewindRequest;
import dev.holdfast.model.wire.RewindStart;
import java.util.List;

/** A folder as it was at a version or a time, and the jobs of a namespace. */
public final class RewindRoutes {
    private static final String REWIND = "/v1/namespaces/{ns}/rewind";
    private static final String JOB = "/v1/namespaces/{ns}/jobs/{job}";

    private final Rewinds rewinds;
    private final TreeJobs jobs;

    public RewindRoutes(Rewinds rewinds, TreeJobs jobs) {
        this.rewinds = rewinds;
        this.jobs = jobs;
    }

    public List<Route> routes() {
        return List.of(
                Route.of("POST", REWIND + "/plan", this::plan),
                Route.of("POST", REWIND, this::start),
                Route.of("GET", JOB, this::job),
                Route.of("POST", JOB + "/pause", wish(TreeJobs.Wish.PAUSE)),
                Route.of("POST", JOB + "/resume", wish(TreeJobs.Wish.RESUME)),
                Route.of("POST", JOB + "/cancel", wish(TreeJobs.Wish.CANCEL)));
    }

    private void plan(Exchange exchange) {
        Caller caller = exchange.caller();
        var ns = NamespaceRoutes.ns(exchange);
        RewindRequest request = exchange.body(RewindRequest.class);
        String after = exchange.query("after");
        int limit =
                (int) exchange.number("limit", Rewinds.PLAN_NODES_MAX, 1, Rewinds.PLAN_NODES_MAX);
        exchange.json(Exchange.granted(rewinds.plan(caller, ns, request, after, limit)));
    }

    private void start(Exchange exchange) {
        Caller caller = exchange.caller();
        var ns = NamespaceRoutes.ns(exchange);
        RewindStart start = exchange.body(RewindStart.class);
        exchange.json(202, Exchange.granted(rewinds.start(caller, ns, start)));
    }

    private void job(Exchange exchange) {
        exchange.json(
                Exchange.granted(
                        jobs.get(exchange.caller(), NamespaceRoutes.ns(exchange), id(exchange))));
    }

    private Route.Action wish(TreeJobs.Wish wish) {
        return exchange ->
                exchange.json(
                        Exchange.granted(
                                jobs.wish(
                                        exchange.caller(),
                                        NamespaceRoutes.ns(exchange),
                                        id(exchange),
                                        wish)));
    }

    private static Id128 id(Exchange exchange) {
        return exchange.path("job", Id128::parse);
    }
}
