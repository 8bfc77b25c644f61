package dev.holdfast.gateway.http.routes;

import dev.holdfast.gateway.http.AttemptLimit;
import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.metadata.Accounts;
import dev.holdfast.model.Answer;
import dev.holdfast.model.DeviceId;
import dev.holdfast.model.Refusal;
import dev.holdfast.model.wire.DeviceRegistered;
import dev.holdfast.model.wire.DeviceRegistration;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;

/** Linking and revoking devices. */
public final class DeviceRoutes {
    /** Wrong codes from one address: a code has 50 bits and lives 15 minutes. */
    private static final int WRONG_CODES_MAX = 30;

    private static final Duration WRONG_CODES_WINDOW = Duration.ofMinutes(10);

    private final Accounts accounts;
    private final AttemptLimit limit;

    public DeviceRoutes(Accounts accounts, LongSupplier nanoTime) {
        this.accounts = accounts;
        this.limit = new AttemptLimit(WRONG_CODES_MAX, WRONG_CODES_WINDOW, nanoTime);
    }

    public List<Route> routes() {
        return List.of(
                Route.of("POST", "/v1/devices", this::register),
                Route.of("DELETE", "/v1/devices/{device}", this::revoke),
                Route.of("POST", "/v1/link-codes", this::linkCode));
    }

    private void register(Exchange exchange) {
        DeviceRegistration registration = exchange.body(DeviceRegistration.class);
        String source = exchange.clientAddress();
        limit.admit(source);
        Answer<DeviceRegistered> answer = accounts.register(registration);
        if (answer instanceof Answer.Refused<DeviceRegistered>(Refusal refusal)
                && AttemptLimit.isGuess(refusal.code())) {
            limit.failed(source);
        }
        exchange.json(201, Exchange.granted(answer));
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
