package dev.holdfast.gateway.http.routes;

import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.ProblemException;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.gateway.http.transfer.ChunkOutlet;
import dev.holdfast.gateway.http.transfer.ContentOutlet;
import dev.holdfast.metadata.Caller;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.wire.ChunkReadRequest;
import java.io.IOException;
import java.util.List;

/** Bytes out: chunks in frames, and whole files. */
public final class ContentRoutes {
    private static final String CONTENT = "/v1/namespaces/{ns}/nodes/{node}/content";

    private final ChunkOutlet chunks;
    private final ContentOutlet contents;

    public ContentRoutes(ChunkOutlet chunks, ContentOutlet contents) {
        this.chunks = chunks;
        this.contents = contents;
    }

    public List<Route> routes() {
        return List.of(
                Route.transfer("POST", "/v1/namespaces/{ns}/chunks/read", this::read),
                Route.transfer("GET", CONTENT, exchange -> content(exchange, false)),
                Route.transfer("HEAD", CONTENT, exchange -> content(exchange, true)));
    }

    private void read(Exchange exchange) throws IOException {
        Caller caller = exchange.caller();
        NamespaceId ns = NamespaceRoutes.ns(exchange);
        ChunkReadRequest request = exchange.body(ChunkReadRequest.class);
        if (request.chunks().stream().anyMatch(address -> address.index() < 0)) {
            throw ProblemException.invalid("an index is the position of a chunk, from 0");
        }
        chunks.framed(exchange, caller, ns, request);
    }

    private void content(Exchange exchange, boolean head) throws IOException {
        contents.send(
                exchange,
                new ContentOutlet.Request(
                        exchange.caller(),
                        NamespaceRoutes.ns(exchange),
                        NamespaceRoutes.node(exchange),
                        NamespaceRoutes.contentRev(exchange),
                        head));
    }
}
