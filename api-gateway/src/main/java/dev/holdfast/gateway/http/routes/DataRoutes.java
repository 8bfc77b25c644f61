package dev.holdfast.gateway.http.routes;

import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.ProblemException;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.gateway.http.transfer.ContentOutlet;
import dev.holdfast.gateway.signin.DataAddresses;
import dev.holdfast.metadata.AccessEpochs;
import dev.holdfast.metadata.Caller;
import dev.holdfast.metadata.Nodes;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.Manifest;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;

/**
 * Signed addresses: one content, readable without a token for up to a minute, for programs that
 * take an address and nothing else. An address carries the rights of the device that asked for it,
 * and dies with them at once.
 */
public final class DataRoutes {
    private static final String DATA = "/v1/data/{token}";

    private final DataAddresses addresses;
    private final AccessEpochs epochs;
    private final Nodes nodes;
    private final ContentOutlet contents;

    public DataRoutes(
            DataAddresses addresses, AccessEpochs epochs, Nodes nodes, ContentOutlet contents) {
        this.addresses = addresses;
        this.epochs = epochs;
        this.nodes = nodes;
        this.contents = contents;
    }

    /**
     * Answer of {@code POST …/content-address}.
     *
     * @param path of the content, on this listener
     */
    public record ContentAddress(String path, long contentRev, long expiresAtMillis) {}

    public List<Route> routes() {
        return List.of(
                Route.of("POST", "/v1/namespaces/{ns}/nodes/{node}/content-address", this::sign),
                Route.transfer("GET", DATA, exchange -> data(exchange, false)),
                Route.transfer("HEAD", DATA, exchange -> data(exchange, true)));
    }

    private void sign(Exchange exchange) {
        Caller caller = exchange.caller();
        NamespaceId ns = NamespaceRoutes.ns(exchange);
        NodeId node = NamespaceRoutes.node(exchange);
        Long wanted = NamespaceRoutes.contentRev(exchange);
        long life = exchange.number("seconds", 60, 1, DataAddresses.LIFE_MAX.toSeconds());
        AccessEpochs.Signer signer = Exchange.granted(epochs.signer(caller));
        // Read after the epoch: a right that is lost in between raises it and voids the address.
        Manifest manifest = Exchange.granted(nodes.manifest(caller, ns, node, wanted, 0, 1));
        long expires = addresses.expiry(Duration.ofSeconds(life));
        String token =
                addresses.seal(
                        new DataAddresses.Grant(
                                signer.account(),
                                signer.device(),
                                caller.tokenHash(),
                                signer.epoch(),
                                ns,
                                node,
                                manifest.contentRev(),
                                expires));
        exchange.json(201, new ContentAddress("/v1/data/" + token, manifest.contentRev(), expires));
    }

    private void data(Exchange exchange, boolean head) throws IOException {
        DataAddresses.Grant grant =
                addresses
                        .open(exchange.path("token", text -> text))
                        .orElseThrow(DataRoutes::unknown);
        OptionalLong epoch = epochs.epoch(grant.account());
        if (epoch.isEmpty() || epoch.getAsLong() != grant.epoch()) {
            throw unknown();
        }
        contents.send(
                exchange,
                new ContentOutlet.Request(
                        new Caller(grant.tokenHash()),
                        grant.ns(),
                        grant.node(),
                        grant.contentRev(),
                        head));
    }

    private static ProblemException unknown() {
        return new ProblemException(
                ProblemCode.NOT_FOUND,
                "this address was never given out, has expired or was withdrawn; ask for another"
                        + " one");
    }
}
