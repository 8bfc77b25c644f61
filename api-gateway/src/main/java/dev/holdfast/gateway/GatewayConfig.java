package dev.holdfast.gateway;

import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.RateLimits;
import io.helidon.common.tls.Tls;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a gateway serves.
 *
 * @param listen the public listener; port 0 picks one, null opens none
 * @param adminListen the listener of operators, probes and scrapers
 * @param tls of the public listener; null for plain HTTP
 * @param adminToken what operators show; at least 32 characters
 * @param spool directory for bodies that are received whole before they are stored
 * @param requestsMax requests served at once; more are refused at once
 * @param waitersMax long polls held at once
 * @param connectionsMax TCP connections; more wait to be accepted
 * @param transferBytesMax memory of bodies on their way in
 * @param stopGrace what requests in progress get when the gateway stops
 * @param patience what clients get that do not keep going
 * @param deviceQuota requests of one device
 * @param accountQuota requests of all devices of an account
 */
public record GatewayConfig(
        @Nullable InetSocketAddress listen,
        InetSocketAddress adminListen,
        @Nullable Tls tls,
        String adminToken,
        Path spool,
        int requestsMax,
        int waitersMax,
        int connectionsMax,
        long transferBytesMax,
        Duration stopGrace,
        Exchange.Patience patience,
        RateLimits.Quota deviceQuota,
        RateLimits.Quota accountQuota) {
    /** A device that syncs many small files makes some dozens a second. */
    public static final RateLimits.Quota DEVICE_QUOTA =
            new RateLimits.Quota(60_000, Duration.ofMinutes(1));

    public static final RateLimits.Quota ACCOUNT_QUOTA =
            new RateLimits.Quota(240_000, Duration.ofMinutes(1));

    private static final int TOKEN_CHARS_MIN = 32;
    private static final int REQUESTS_MAX = 256;
    private static final int WAITERS_MAX = 20_000;
    private static final int CONNECTIONS_MAX = 24_000;
    private static final long TRANSFER_BYTES_MAX = 64L << 20;
    private static final Duration STOP_GRACE = Duration.ofSeconds(10);

    public GatewayConfig {
        if (adminToken.length() < TOKEN_CHARS_MIN) {
            throw new IllegalArgumentException(
                    "the admin token has at least " + TOKEN_CHARS_MIN + " characters");
        }
        if (requestsMax < 1 || waitersMax < 1 || connectionsMax < 1) {
            throw new IllegalArgumentException("limits of the gateway are at least 1");
        }
        if (transferBytesMax < 16L << 20) {
            throw new IllegalArgumentException("transfers need at least 16 MiB of memory");
        }
    }

    /** The usual limits. */
    public static GatewayConfig of(
            @Nullable InetSocketAddress listen,
            InetSocketAddress adminListen,
            @Nullable Tls tls,
            String adminToken,
            Path spool) {
        return new GatewayConfig(
                listen,
                adminListen,
                tls,
                adminToken,
                spool,
                REQUESTS_MAX,
                WAITERS_MAX,
                CONNECTIONS_MAX,
                TRANSFER_BYTES_MAX,
                STOP_GRACE,
                Exchange.Patience.usual(),
                DEVICE_QUOTA,
                ACCOUNT_QUOTA);
    }
}
