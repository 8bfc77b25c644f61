package dev.holdfast.gateway.http.routes;

import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.metadata.Caller;
import dev.holdfast.metadata.ChildFilter;
import dev.holdfast.metadata.Namespaces;
import dev.holdfast.metadata.Nodes;
import dev.holdfast.model.Limits;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResult;
import dev.holdfast.model.wire.OpResults;
import dev.holdfast.model.wire.VersionList;
import io.helidon.http.HeaderNames;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Namespaces, the tree inside one, and operations on it. */
public final class NamespaceRoutes {
    private static final String NS = "/v1/namespaces/{ns}";

    private final Namespaces namespaces;
    private final Nodes nodes;
    private final SyncMetrics metrics;

    public NamespaceRoutes(Namespaces namespaces, Nodes nodes, SyncMetrics metrics) {
        this.metrics = metrics;
        this.namespaces = namespaces;
        this.nodes = nodes;
    }

    public List<Route> routes() {
        return List.of(
                Route.of("GET", "/v1/namespaces", this::list),
                Route.of("GET", NS, this::get),
                Route.of("POST", NS + "/ops", this::apply),
                Route.of("GET", NS + "/by-path", this::byPath),
                Route.of("GET", NS + "/trash", this::trash),
                Route.of("GET", NS + "/conflicts", this::conflicts),
                Route.of("GET", NS + "/nodes/{node}", this::stat),
                Route.of("GET", NS + "/nodes/{node}/children", this::children),
                Route.of("GET", NS + "/nodes/{node}/versions", this::versions),
                Route.of("GET", NS + "/nodes/{node}/manifest", this::manifest));
    }

    private void list(Exchange exchange) {
        exchange.json(Exchange.granted(namespaces.list(exchange.caller())));
    }

    private void get(Exchange exchange) {
        exchange.json(Exchange.granted(namespaces.get(exchange.caller(), ns(exchange))));
    }

    private void apply(Exchange exchange) {
        Caller caller = exchange.caller();
        NamespaceId ns = ns(exchange);
        OpBatch batch = exchange.body(OpBatch.class);
        Visibility.Execution execution = metrics.visibility().begin(ns);
        boolean committed = false;
        OpResults results;
        try {
            results = Exchange.granted(nodes.apply(caller, ns, batch));
            committed = results.results().stream().anyMatch(OpResult::done);
        } finally {
            metrics.visibility().end(execution, committed);
        }
        metrics.executed(results);
        exchange.json(results);
    }

    private void stat(Exchange exchange) {
        answer(
                exchange,
                Exchange.granted(nodes.stat(exchange.caller(), ns(exchange), node(exchange))));
    }

    private void byPath(Exchange exchange) {
        Caller caller = exchange.caller();
        String path = exchange.query("path", text -> text);
        answer(exchange, Exchange.granted(nodes.byPath(caller, ns(exchange), path)));
    }

    private void children(Exchange exchange) {
        exchange.json(
                Exchange.granted(
                        nodes.children(
                                exchange.caller(),
                                ns(exchange),
                                node(exchange),
                                filter(exchange),
                                exchange.query("after"),
                                limit(exchange))));
    }

    private static ChildFilter filter(Exchange exchange) {
        @Nullable String prefix = exchange.query("prefix");
        boolean any = exchange.query("kind") == null;
        return new ChildFilter(
                prefix == null ? "" : prefix,
                any ? null : exchange.query("kind", NamespaceRoutes::kind));
    }

    private static NodeKind kind(String text) {
        return switch (text) {
            case "folder" -> NodeKind.FOLDER;
            case "file" -> NodeKind.FILE;
            case "symlink" -> NodeKind.SYMLINK;
            default -> throw new IllegalArgumentException("kind is folder, file or symlink");
        };
    }

    private void trash(Exchange exchange) {
        exchange.json(
                Exchange.granted(
                        nodes.trash(
                                exchange.caller(),
                                ns(exchange),
                                exchange.query("after"),
                                limit(exchange))));
    }

    private void conflicts(Exchange exchange) {
        exchange.json(
                Exchange.granted(
                        nodes.conflicts(
                                exchange.caller(),
                                ns(exchange),
                                exchange.query("after"),
                                limit(exchange))));
    }

    private void versions(Exchange exchange) {
        long at = exchange.number("at_millis", -1, 0, Long.MAX_VALUE);
        if (at >= 0) {
            exchange.json(
                    new VersionList(
                            List.of(
                                    Exchange.granted(
                                            nodes.versionAt(
                                                    exchange.caller(),
                                                    ns(exchange),
                                                    node(exchange),
                                                    at)))));
            return;
        }
        exchange.json(
                Exchange.granted(nodes.versions(exchange.caller(), ns(exchange), node(exchange))));
    }

    private void manifest(Exchange exchange) {
        exchange.json(
                Exchange.granted(
                        nodes.manifest(
                                exchange.caller(),
                                ns(exchange),
                                node(exchange),
                                contentRev(exchange),
                                (int) exchange.number("from", 0, 0, Limits.CONTENT_CHUNKS_MAX),
                                limit(exchange))));
    }

    /** A node with its tag; a client that has it already gets no body. */
    private static void answer(Exchange exchange, NodeState node) {
        String tag = "\"m" + node.rev() + "\"";
        exchange.set(HeaderNames.ETAG, tag);
        String known = exchange.header(HeaderNames.IF_NONE_MATCH);
        if (known != null && known.contains(tag)) {
            exchange.empty(304);
        } else {
            exchange.json(node);
        }
    }

    static NamespaceId ns(Exchange exchange) {
        return exchange.path("ns", NamespaceId::parse);
    }

    static NodeId node(Exchange exchange) {
        return exchange.path("node", NodeId::parse);
    }

    static int limit(Exchange exchange) {
        return (int) exchange.number("limit", Limits.PAGE_ENTRIES_MAX, 1, Limits.PAGE_ENTRIES_MAX);
    }

    static @Nullable Long contentRev(Exchange exchange) {
        long rev = exchange.number("content_rev", 0, 1, Long.MAX_VALUE);
        return rev == 0 ? null : Long.valueOf(rev);
    }
}
