package dev.holdfast.gateway.http;

import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Refusal;
import io.helidon.common.socket.SocketOptions;
import io.helidon.common.tls.Tls;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.PathMatchers;
import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http2.Http2Config;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One listening socket with its routes. */
public final class Listener implements AutoCloseable {
    private static final int PROLOGUE_BYTES_MAX = 8 << 10;
    private static final int HEADER_BYTES_MAX = 16 << 10;
    private static final int WRITE_BUFFER_BYTES = 64 << 10;
    private static final int BACKLOG = 1_024;
    private static final int IDLE_CHECKS = 6;

    /** Always-answered routes need a bound too, or a scraper gone wild could starve the rest. */
    private static final int ALWAYS_MAX = 64;

    /** Under whatever overload, so many requests are served at once. */
    private static final int CONCURRENCY_FLOOR = 8;

    /** An ordinary request that takes longer is a sign of overload. */
    private static final Duration SLOW = Duration.ofSeconds(3);

    private final WebServer server;
    private final InetSocketAddress address;
    private final boolean secure;
    private final StallGuard guard;

    private Listener(
            WebServer server, InetSocketAddress address, boolean secure, StallGuard guard) {
        this.server = server;
        this.address = address;
        this.secure = secure;
        this.guard = guard;
    }

    /**
     * How much a listener serves at once.
     *
     * @param requestsMax ordinary requests, and as many transfers; more are refused at once, and
     *     under overload fewer are served
     * @param waitersMax requests that wait for something to happen
     * @param connectionsMax TCP connections; more wait to be accepted
     * @param stopGrace what requests in progress get at the end
     * @param patience what clients get that do not keep going
     * @param limits of requests of a device and of an account; null for none
     */
    public record Capacity(
            int requestsMax,
            int waitersMax,
            int connectionsMax,
            Duration stopGrace,
            Exchange.Patience patience,
            @Nullable RateLimits limits) {}

    /**
     * Starts listening.
     *
     * @param address port 0 picks a free one
     * @throws IllegalStateException when the port cannot be had
     */
    public static Listener start(
            InetSocketAddress address,
            @Nullable Tls tls,
            Capacity capacity,
            List<Route> routes,
            HttpMetrics metrics) {
        StallGuard guard = new StallGuard();
        RouteHandler.Shared shared =
                new RouteHandler.Shared(
                        metrics,
                        guard,
                        capacity.patience(),
                        new StandardHeaders(tls != null),
                        capacity.limits());
        Duration idle = capacity.patience().idle();
        var builder =
                WebServer.builder()
                        .host(address.getHostString())
                        .port(address.getPort())
                        .shutdownHook(false)
                        .backlog(BACKLOG)
                        .maxTcpConnections(capacity.connectionsMax())
                        .idleConnectionTimeout(idle)
                        .idleConnectionPeriod(idle.dividedBy(IDLE_CHECKS))
                        .shutdownGracePeriod(capacity.stopGrace())
                        // Its stream sockets write large buffers in one call, the NIO ones do not.
                        .useNio(false)
                        .writeBufferSize(WRITE_BUFFER_BYTES)
                        // Idle connections are looked for once they have said what they speak;
                        // one that says nothing at all ends by the time-out of its reads.
                        .connectionOptions(
                                new TimedSockets(
                                        SocketOptions.builder().tcpNoDelay(true).build(), idle))
                        .directHandlers(directHandlers())
                        .addProtocol(
                                Http1Config.builder()
                                        .maxPrologueLength(PROLOGUE_BYTES_MAX)
                                        .maxHeadersSize(HEADER_BYTES_MAX)
                                        .addReceiveListener(
                                                new HeaderGuard(
                                                        guard, capacity.patience().headers()))
                                        .build())
                        .addProtocol(
                                Http2Config.builder()
                                        // The guard comes first, as over HTTP/1.1.
                                        .flowControlTimeout(
                                                capacity.patience().write().multipliedBy(2))
                                        .build())
                        .routing(routing(capacity, routes, shared));
        if (tls != null) {
            builder.tls(tls);
        }
        WebServer server = builder.build().start();
        if (!server.isRunning()) {
            guard.close();
            throw new IllegalStateException("cannot listen on " + address);
        }
        return new Listener(server, address, tls != null, guard);
    }

    public int port() {
        return server.port();
    }

    /** Where a client on this machine finds the listener. */
    public String url() {
        String host = address.getHostString();
        String shown = host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
        return (secure ? "https://" : "http://") + shown + ":" + port();
    }

    /** Takes no new requests, lets those in progress end within the grace, then cuts them. */
    @Override
    public void close() {
        guard.stopping();
        server.stop();
        guard.close();
    }

    private static HttpRouting.Builder routing(
            Capacity capacity, List<Route> routes, RouteHandler.Shared shared) {
        int floor = Math.min(CONCURRENCY_FLOOR, capacity.requestsMax());
        Places ordinary = new AdaptiveLimit(floor, capacity.requestsMax(), SLOW, System::nanoTime);
        Places transfer =
                new AdaptiveLimit(floor, capacity.requestsMax(), Duration.ZERO, System::nanoTime);
        Places waiting = Places.fixed(capacity.waitersMax());
        Places always = Places.fixed(ALWAYS_MAX);
        HttpRouting.Builder routing = HttpRouting.builder();
        Map<String, List<String>> methods = new LinkedHashMap<>();
        for (Route route : routes) {
            Places places =
                    switch (route.kind()) {
                        case ORDINARY -> ordinary;
                        case TRANSFER -> transfer;
                        case WAITING -> waiting;
                        case ALWAYS -> always;
                    };
            routing.route(
                    Method.create(route.method()),
                    route.pattern(),
                    new RouteHandler(route, places, shared));
            methods.computeIfAbsent(route.pattern(), key -> new ArrayList<>()).add(route.method());
        }
        methods.forEach((pattern, allowed) ->
                routing.any(
                        pattern, new RouteHandler(notAllowed(pattern, allowed), always, shared)));
        routing.route(
                method -> true, PathMatchers.any(), new RouteHandler(nowhere(), always, shared));
        return routing;
    }

    private static Route notAllowed(String pattern, List<String> allowed) {
        String methods = String.join(", ", allowed);
        return Route.always(
                "OTHER",
                pattern,
                exchange -> {
                    exchange.problem(
                            Refusal.of(
                                    ProblemCode.METHOD_NOT_ALLOWED,
                                    "this path takes " + methods + " only"),
                            HeaderNames.ALLOW,
                            methods);
                });
    }

    private static Route nowhere() {
        return Route.always(
                "OTHER",
                "unknown",
                exchange -> {
                    throw new ProblemException(
                            ProblemCode.NOT_FOUND,
                            "there is nothing at this path; /openapi.yaml lists what there is");
                });
    }

    /** What the server below refuses before any route sees it. */
    private static DirectHandlers directHandlers() {
        DirectHandler handler =
                (request, eventType, status, headers, message) -> {
                    String requestId = RequestIds.fresh();
                    Refusal refusal = Problems.ofStatus(status.code());
                    return DirectHandler.TransportResponse.builder()
                            .status(Status.create(refusal.code().status()))
                            .headers(headers)
                            .header(HeaderValues.create(Exchange.REQUEST_ID, requestId))
                            .header(
                                    HeaderValues.create(
                                            HeaderNames.CONTENT_TYPE, Problems.MEDIA_TYPE))
                            .keepAlive(false)
                            .entity(Problems.document(refusal, requestId))
                            .build();
                };
        DirectHandlers.Builder handlers = DirectHandlers.builder();
        for (DirectHandler.EventType type : DirectHandler.EventType.values()) {
            handlers.addHandler(type, handler);
        }
        return handlers.build();
    }
}
