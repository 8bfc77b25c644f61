package dev.holdfast.gateway.http;

import dev.holdfast.model.AccountId;
import dev.holdfast.model.Sha256;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How many requests a device, and all devices of an account together, may make. A quota comes back
 * evenly over its window (the generic cell rate algorithm: one number a client, the time at which
 * its quota is whole again). Answers say what is left in {@code RateLimit} and {@code
 * RateLimit-Policy} (draft-ietf-httpapi-ratelimit-headers).
 *
 * <p>It remembers a bounded number of clients. Those whose quota is whole are forgotten first,
 * which changes nothing; when even that does not help, newcomers share one quota.
 */
public final class RateLimits {
    /** Clients remembered, of each scope. */
    static final int CLIENTS_MAX = 50_000;

    private static final HeaderName LEFT = HeaderNames.create("RateLimit");
    private static final HeaderName POLICY = HeaderNames.create("RateLimit-Policy");
    private static final Object OTHERS = new Object();

    private final Scope devices;
    private final Scope accounts;
    private final Function<Sha256, @Nullable AccountId> accountOf;
    private final LongSupplier nanoTime;
    private final Header policy;

    /**
     * A quota.
     *
     * @param requests of one client in a window; also what it may make at once
     */
    public record Quota(int requests, Duration window) {
        public Quota {
            if (requests < 1 || window.toNanos() / requests < 1) {
                throw new IllegalArgumentException("a quota is 1 to a request a nanosecond");
            }
        }
    }

    /**
     * What a request was granted.
     *
     * @param left value of {@code RateLimit}
     * @param refusedScope device or account where the quota is used up, else null
     * @param waitSeconds until a refused request can succeed
     */
    record Grant(Header left, @Nullable String refusedScope, long waitSeconds) {}

    /**
     * Limits.
     *
     * @param accountOf the account of a token's hash where it is known, else null
     * @param nanoTime a clock as {@link System#nanoTime}
     */
    public RateLimits(
            Quota device,
            Quota account,
            Function<Sha256, @Nullable AccountId> accountOf,
            LongSupplier nanoTime) {
        this.devices = new Scope("device", device);
        this.accounts = new Scope("account", account);
        this.accountOf = accountOf;
        this.nanoTime = nanoTime;
        this.policy =
                HeaderValues.createCached(POLICY, devices.policy() + ", " + accounts.policy());
    }

    Header policy() {
        return policy;
    }

    /** Counts a request of the device that shows a token with this hash. */
    Grant take(Sha256 tokenHash) {
        long now = nanoTime.getAsLong();
        Spent device = devices.spend(tokenHash, now);
        AccountId account = device.refused() ? null : accountOf.apply(tokenHash);
        if (account == null) {
            return devices.grant(device);
        }
        Spent all = accounts.spend(account, now);
        return all.refused() || all.leftNanos() < device.leftNanos()
                ? accounts.grant(all)
                : devices.grant(device);
    }

    /** What is left of a quota, as time it takes to come back; negative when it is overdrawn. */
    private record Spent(long leftNanos, long wholeInNanos) {
        boolean refused() {
            return leftNanos < 0;
        }
    }

    /** One kind of client. */
    private static final class Scope {
        private final String name;
        private final Quota quota;
        private final long nanosPerRequest;
        private final ConcurrentMap<Object, AtomicLong> wholeAt = new ConcurrentHashMap<>();

        Scope(String name, Quota quota) {
            this.name = name;
            this.quota = quota;
            this.nanosPerRequest = quota.window().toNanos() / quota.requests();
        }

        String policy() {
            return '"' + name + "\";q=" + quota.requests() + ";w=" + quota.window().toSeconds();
        }

        Spent spend(Object client, long now) {
            AtomicLong whole = wholeAt.get(client);
            if (whole == null) {
                Object remembered = remembered(client, now);
                whole = wholeAt.computeIfAbsent(remembered, key -> new AtomicLong(now));
            }
            while (true) {
                long before = whole.get();
                long debt = Math.max(0, before - now);
                long after = debt + nanosPerRequest;
                long left = quota.window().toNanos() - after;
                if (left < 0) {
                    return new Spent(left, debt);
                }
                if (whole.compareAndSet(before, now + after)) {
                    return new Spent(left, after);
                }
            }
        }

        private Object remembered(Object client, long now) {
            if (wholeAt.size() < CLIENTS_MAX) {
                return client;
            }
            wholeAt.values().removeIf(whole -> whole.get() - now <= 0);
            return wholeAt.size() < CLIENTS_MAX ? client : OTHERS;
        }

        Grant grant(Spent spent) {
            long requests = Math.max(0, spent.leftNanos() / nanosPerRequest);
            long whole = seconds(spent.wholeInNanos());
            Header left =
                    HeaderValues.create(LEFT, '"' + name + "\";r=" + requests + ";t=" + whole);
            return spent.refused()
                    ? new Grant(left, name, Math.max(1, seconds(-spent.leftNanos())))
                    : new Grant(left, null, 0);
        }

        private static long seconds(long nanos) {
            return Duration.ofNanos(nanos).plusNanos(999_999_999).toSeconds();
        }
    }
}
