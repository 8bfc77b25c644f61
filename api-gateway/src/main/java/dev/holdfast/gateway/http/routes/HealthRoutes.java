package dev.holdfast.gateway.http.routes;

import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.Route;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.exporter.common.TextFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;

/** What probes and scrapers ask; open to whoever reaches the admin listener. */
public final class HealthRoutes {
    private final Supplier<List<String>> missing;
    private final CollectorRegistry registry;

    /**
     * The routes.
     *
     * @param missing names what is needed and does not answer now; empty when all is well
     */
    public HealthRoutes(Supplier<List<String>> missing, CollectorRegistry registry) {
        this.missing = missing;
        this.registry = registry;
    }

    /** A probe's answer. */
    public record Health(String status, List<String> missing) {}

    public List<Route> routes() {
        return List.of(
                Route.always("GET", "/health/live", exchange -> well(exchange, "live")),
                Route.always("GET", "/health/started", exchange -> well(exchange, "started")),
                Route.always("GET", "/health/ready", this::ready),
                Route.always("GET", "/metrics", this::metrics));
    }

    private static void well(Exchange exchange, String status) {
        exchange.json(new Health(status, List.of()));
    }

    private void ready(Exchange exchange) {
        List<String> lacking = missing.get();
        if (lacking.isEmpty()) {
            well(exchange, "ready");
        } else {
            exchange.json(503, new Health("not ready", lacking));
        }
    }

    private void metrics(Exchange exchange) throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream(32 << 10);
        try (Writer writer = new OutputStreamWriter(text, StandardCharsets.UTF_8)) {
            TextFormat.write004(writer, registry.metricFamilySamples());
        }
        exchange.bytes(200, TextFormat.CONTENT_TYPE_004, text.toByteArray());
    }
}
