package dev.holdfast.gateway.http.routes;

import dev.holdfast.gateway.http.AttemptLimit;
import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.HttpMetrics;
import dev.holdfast.gateway.http.ProblemException;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.gateway.signin.SecretHasher;
import dev.holdfast.metadata.Accounts;
import dev.holdfast.metadata.Secrets;
import dev.holdfast.model.Answer;
import dev.holdfast.model.DeviceId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Refusal;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.DeviceRegistered;
import dev.holdfast.model.wire.DeviceRegistration;
import java.text.Normalizer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Linking and revoking devices. Wrong codes and secrets are counted by address, wrong secrets by
 * account, too, whether or not there is such an account: neither the answers nor the time they take
 * tell which accounts there are.
 */
public final class DeviceRoutes {
    /** Wrong codes and secrets from one address: a code has 50 bits and lives 15 minutes. */
    private static final int WRONG_FROM_ADDRESS_MAX = 30;

    /** Wrong secrets for one account, from wherever. */
    private static final int WRONG_FOR_ACCOUNT_MAX = 10;

    private static final Duration WINDOW = Duration.ofMinutes(10);

    private final Accounts accounts;
    private final Secrets secrets;
    private final SecretHasher hasher;
    private final HttpMetrics metrics;
    private final AttemptLimit byAddress;
    private final AttemptLimit byAccount;

    public DeviceRoutes(
            Accounts accounts,
            Secrets secrets,
            SecretHasher hasher,
            HttpMetrics metrics,
            LongSupplier nanoTime) {
        this.accounts = accounts;
        this.secrets = secrets;
        this.hasher = hasher;
        this.metrics = metrics;
        this.byAddress = new AttemptLimit(WRONG_FROM_ADDRESS_MAX, WINDOW, nanoTime);
        this.byAccount = new AttemptLimit(WRONG_FOR_ACCOUNT_MAX, WINDOW, nanoTime);
    }

    /** Body of {@code POST /v1/devices}: with a link code, or with an account and its secret. */
    public record NewDevice(
            @Nullable String code,
            @Nullable String account,
            @Nullable String secret,
            Sha256 tokenHash,
            String name,
            String platform) {}

    public List<Route> routes() {
        return List.of(
                Route.of("POST", "/v1/devices", this::register),
                Route.of("DELETE", "/v1/devices/{device}", this::revoke),
                Route.of("POST", "/v1/link-codes", this::linkCode).newEachTime());
    }

    private void register(Exchange exchange) throws InterruptedException {
        NewDevice device = exchange.body(NewDevice.class);
        String source = exchange.clientAddress();
        admit(byAddress, source, "sign-in-address");
        Answer<DeviceRegistered> answer;
        if (device.code() != null && device.account() == null && device.secret() == null) {
            answer =
                    accounts.register(
                            new DeviceRegistration(
                                    device.code(),
                                    device.tokenHash(),
                                    device.name(),
                                    device.platform()));
        } else if (device.code() == null && device.account() != null && device.secret() != null) {
            answer = withSecret(device, device.account(), device.secret());
        } else {
            throw ProblemException.invalid(
                    "send either code, or account and secret, to register a device");
        }
        if (answer instanceof Answer.Refused<DeviceRegistered>(Refusal refusal)
                && AttemptLimit.isGuess(refusal.code())) {
            byAddress.failed(source);
        }
        exchange.json(201, Exchange.granted(answer));
    }

    private Answer<DeviceRegistered> withSecret(NewDevice device, String account, String secret)
            throws InterruptedException {
        String key = Normalizer.normalize(account, Normalizer.Form.NFC);
        admit(byAccount, key, "sign-in-account");
        Optional<String> hash = secrets.hash(account);
        boolean right;
        try {
            right = hasher.verify(secret, hash.orElse(null));
        } catch (TimeoutException e) {
            metrics.rejected("sign-in");
            throw new ProblemException(
                    ProblemCode.UNAVAILABLE, "too many devices sign in at once; try again shortly");
        }
        Answer<DeviceRegistered> answer =
                right
                        ? secrets.register(
                                account,
                                hash.orElseThrow(),
                                device.tokenHash(),
                                device.name(),
                                device.platform())
                        : Answer.refused(
                                ProblemCode.NOT_SIGNED_IN,
                                "the account and the secret do not belong together; see `holdfast"
                                        + " admin account passwd`");
        if (answer instanceof Answer.Refused<DeviceRegistered>(Refusal refusal)
                && refusal.code() == ProblemCode.NOT_SIGNED_IN) {
            byAccount.failed(key);
        }
        return answer;
    }

    private void admit(AttemptLimit limit, String source, String scope) {
        try {
            limit.admit(source);
        } catch (ProblemException e) {
            metrics.rateLimited(scope);
            throw e;
        }
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
