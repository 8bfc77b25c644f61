package dev.holdfast.gateway.http.routes;

import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.metadata.Accounts;
import dev.holdfast.model.DeviceId;
import dev.holdfast.model.wire.DeviceRegistration;
import java.util.List;

/** Linking and revoking devices. */
public final class DeviceRoutes {
    private final Accounts accounts;

    public DeviceRoutes(Accounts accounts) {
        this.accounts = accounts;
    }

    public List<Route> routes() {
        return List.of(
                Route.of("POST", "/v1/devices", this::register),
                Route.of("DELETE", "/v1/devices/{device}", this::revoke),
                Route.of("POST", "/v1/link-codes", this::linkCode));
    }

    private void register(Exchange exchange) {
        DeviceRegistration registration = exchange.body(DeviceRegistration.class);
        exchange.json(201, Exchange.granted(accounts.register(registration)));
    }

    private void revoke(Exchange exchange) {
        var caller = exchange.caller();
        DeviceId device = exchange.path("device", DeviceId::parse);
        Exchange.granted(accounts.revoke(caller, device));
        exchange.empty(204);
    }

    private void linkCode(Exchange exchange) {
        exchange.json(201, Exchange.granted(accounts.newLinkCode(exchange.caller())));
    }
}
