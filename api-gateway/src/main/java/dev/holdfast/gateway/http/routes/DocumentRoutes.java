package dev.holdfast.gateway.http.routes;

import dev.holdfast.gateway.http.Route;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/** The description of the API itself. */
public final class DocumentRoutes {
    private static final String RESOURCE = "/openapi.yaml";

    private final byte[] document;

    public DocumentRoutes() {
        try (InputStream in = DocumentRoutes.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("the OpenAPI document is not in the jar");
            }
            document = in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public List<Route> routes() {
        return List.of(
                Route.of(
                        "GET",
                        "/openapi.yaml",
                        exchange -> exchange.bytes(200, "application/yaml", document)));
    }
}
