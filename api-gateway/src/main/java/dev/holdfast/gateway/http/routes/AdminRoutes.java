package dev.holdfast.gateway.http.routes;

import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.ProblemException;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.gateway.signin.SecretHasher;
import dev.holdfast.metadata.AccountView;
import dev.holdfast.metadata.Accounts;
import dev.holdfast.metadata.DeviceView;
import dev.holdfast.metadata.Secrets;
import dev.holdfast.model.Answer;
import dev.holdfast.model.DeviceId;
import dev.holdfast.model.Done;
import dev.holdfast.model.ProblemCode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What an operator can do; every route wants the admin token. */
public final class AdminRoutes {
    private static final String ACCOUNTS = "/v1/admin/accounts";

    private final Accounts accounts;
    private final Secrets secrets;
    private final SecretHasher hasher;
    private final byte[] token;
    private final Supplier<ServerStatus> status;

    public AdminRoutes(
            Accounts accounts,
            Secrets secrets,
            SecretHasher hasher,
            String token,
            Supplier<ServerStatus> status) {
        this.accounts = accounts;
        this.secrets = secrets;
        this.hasher = hasher;
        this.token = token.getBytes(StandardCharsets.US_ASCII);
        this.status = status;
    }

    /**
     * Body of {@code POST /v1/admin/accounts}.
     *
     * @param quotaBytes absent or 0 for none
     */
    public record NewAccount(String name, @Nullable Long quotaBytes) {}

    /** Body of {@code PUT /v1/admin/accounts/{name}/secret}. */
    public record NewSecret(String secret) {}

    /** Answer of {@code GET /v1/admin/accounts}. */
    public record AccountList(List<AccountView> accounts) {}

    /** Answer of {@code GET /v1/admin/devices}. */
    public record DeviceList(List<DeviceView> devices) {}

    /**
     * Answer of {@code GET /v1/admin/status}.
     *
     * @param cell the server's identity
     * @param upSinceMillis when this process began to serve, in milliseconds since 1970
     * @param missing what is needed and does not answer now
     */
    public record ServerStatus(
            String cell,
            String version,
            String url,
            String adminUrl,
            String metadata,
            String chunks,
            long upSinceMillis,
            int accounts,
            int devices,
            List<String> missing) {}

    public List<Route> routes() {
        return List.of(
                admin("POST", ACCOUNTS, this::add),
                admin("GET", ACCOUNTS, this::list),
                admin("POST", ACCOUNTS + "/{name}/codes", this::code).newEachTime(),
                admin("POST", ACCOUNTS + "/{name}/disable", onAccount(accounts::disable)),
                admin("POST", ACCOUNTS + "/{name}/enable", onAccount(accounts::enable)),
                admin("PUT", ACCOUNTS + "/{name}/secret", this::setSecret),
                admin("DELETE", ACCOUNTS + "/{name}/secret", this::removeSecret),
                admin("GET", "/v1/admin/devices", this::devices),
                admin("DELETE", "/v1/admin/devices/{device}", this::revoke),
                admin("GET", "/v1/admin/status", exchange -> exchange.json(status.get())));
    }

    private Route admin(String method, String pattern, Route.Action action) {
        return guarded(Route.of(method, pattern, action), token);
    }

    /** The route, for whoever shows the admin token only. */
    public static Route guarded(Route route, byte[] token) {
        return new Route(
                route.method(),
                route.pattern(),
                route.kind(),
                exchange -> {
                    byte[] given = exchange.bearer().getBytes(StandardCharsets.UTF_8);
                    if (!MessageDigest.isEqual(given, token)) {
                        throw ProblemException.notSignedIn(
                                "this is not the admin token; the server keeps it in its data"
                                        + " directory, in admin.token",
                                "Bearer realm=\"holdfast-admin\"");
                    }
                    route.action().answer(exchange);
                });
    }

    private void add(Exchange exchange) {
        NewAccount account = exchange.body(NewAccount.class);
        long quota = account.quotaBytes() == null ? 0 : account.quotaBytes();
        if (quota < 0) {
            throw ProblemException.invalid("quota_bytes is 0 or more");
        }
        exchange.json(201, Exchange.granted(accounts.create(account.name(), quota)));
    }

    private void list(Exchange exchange) {
        exchange.json(new AccountList(accounts.list()));
    }

    private void code(Exchange exchange) {
        exchange.json(201, Exchange.granted(accounts.newLinkCode(name(exchange))));
    }

    private void setSecret(Exchange exchange) throws InterruptedException {
        NewSecret wanted = exchange.body(NewSecret.class);
        String hash;
        try {
            hash = hasher.hash(wanted.secret());
        } catch (IllegalArgumentException e) {
            throw ProblemException.invalid(String.valueOf(e.getMessage()));
        } catch (TimeoutException e) {
            throw new ProblemException(
                    ProblemCode.UNAVAILABLE, "too many secrets are being hashed; try again");
        }
        Exchange.granted(secrets.setHash(name(exchange), hash));
        exchange.empty(204);
    }

    private void removeSecret(Exchange exchange) {
        Exchange.granted(secrets.setHash(name(exchange), null));
        exchange.empty(204);
    }

    private static Route.Action onAccount(Function<String, Answer<Done>> change) {
        return exchange -> {
            Exchange.granted(change.apply(name(exchange)));
            exchange.empty(204);
        };
    }

    private void devices(Exchange exchange) {
        exchange.json(new DeviceList(accounts.devices()));
    }

    private void revoke(Exchange exchange) {
        Exchange.granted(accounts.revokeAsAdmin(exchange.path("device", DeviceId::parse)));
        exchange.empty(204);
    }

    private static String name(Exchange exchange) {
        return exchange.path("name", text -> text);
    }
}
