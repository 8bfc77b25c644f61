package dev.holdfast.gateway.http.routes;

import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.ProblemException;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.metadata.Caller;
import dev.holdfast.metadata.Namespaces;
import dev.holdfast.model.Limits;
import dev.holdfast.model.wire.MemberChange;
import dev.holdfast.model.wire.NamespaceCreation;
import dev.holdfast.model.wire.NamespaceRename;
import dev.holdfast.model.wire.RetentionPolicy;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Shared namespaces: made, renamed, dropped, their members and what they keep. Every change names
 * the state it wants, or an id that the client chose: repeating one changes nothing.
 */
public final class SharingRoutes {
    private static final String NS = "/v1/namespaces/{ns}";
    private static final String MEMBER = NS + "/members/{account}";

    private final Namespaces namespaces;

    public SharingRoutes(Namespaces namespaces) {
        this.namespaces = namespaces;
    }

    public List<Route> routes() {
        return List.of(
                Route.of("POST", "/v1/namespaces", this::create),
                Route.of("PATCH", NS, this::rename),
                Route.of("DELETE", NS, this::drop),
                Route.of("GET", NS + "/members", this::members),
                Route.of("PUT", MEMBER, this::put),
                Route.of("DELETE", MEMBER, this::remove),
                Route.of("GET", NS + "/retention", this::retention),
                Route.of("PUT", NS + "/retention", this::setRetention));
    }

    private void create(Exchange exchange) {
        Caller caller = exchange.caller();
        NamespaceCreation creation = exchange.body(NamespaceCreation.class);
        exchange.json(201, Exchange.granted(namespaces.create(caller, creation)));
    }

    private void rename(Exchange exchange) {
        Caller caller = exchange.caller();
        var ns = NamespaceRoutes.ns(exchange);
        String name = exchange.body(NamespaceRename.class).name();
        exchange.json(Exchange.granted(namespaces.rename(caller, ns, name)));
    }

    private void drop(Exchange exchange) {
        Exchange.granted(namespaces.drop(exchange.caller(), NamespaceRoutes.ns(exchange)));
        exchange.empty(204);
    }

    private void members(Exchange exchange) {
        exchange.json(
                Exchange.granted(
                        namespaces.members(exchange.caller(), NamespaceRoutes.ns(exchange))));
    }

    private void put(Exchange exchange) {
        Caller caller = exchange.caller();
        var ns = NamespaceRoutes.ns(exchange);
        String account = account(exchange);
        MemberChange change = exchange.body(MemberChange.class);
        exchange.json(Exchange.granted(namespaces.putMember(caller, ns, account, change.role())));
    }

    private void remove(Exchange exchange) {
        Exchange.granted(
                namespaces.removeMember(
                        exchange.caller(), NamespaceRoutes.ns(exchange), account(exchange)));
        exchange.empty(204);
    }

    private void retention(Exchange exchange) {
        exchange.json(
                Exchange.granted(
                        namespaces.retention(exchange.caller(), NamespaceRoutes.ns(exchange))));
    }

    private void setRetention(Exchange exchange) {
        Caller caller = exchange.caller();
        var ns = NamespaceRoutes.ns(exchange);
        RetentionPolicy policy = exchange.body(RetentionPolicy.class);
        exchange.json(Exchange.granted(namespaces.setRetention(caller, ns, policy)));
    }

    private static String account(Exchange exchange) {
        String name = exchange.path("account", text -> text);
        if (name.getBytes(StandardCharsets.UTF_8).length > Limits.ACCOUNT_NAME_BYTES_MAX) {
            throw ProblemException.invalid("no account has so long a name");
        }
        return name;
    }
}
