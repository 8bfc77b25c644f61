package dev.holdfast.gateway;

import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.RateLimits;
import dev.holdfast.metadata.MetadataStore;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.DeviceRegistered;
import dev.holdfast.model.wire.DeviceRegistration;
import dev.holdfast.model.wire.LinkCode;
import io.prometheus.client.CollectorRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Random;

/** A gateway over stores of its own. */
public final class TestServer implements AutoCloseable {
    public static final String ADMIN_TOKEN = "test-admin-token-0123456789abcdef0123456789";

    private final Random random = new Random(20_261_122);
    private final CollectorRegistry registry = new CollectorRegistry();
    private final TestStores stores = new TestStores(registry);
    private final RateLimits.Quota deviceQuota;
    private GatewayServer gateway;

    public TestServer() {
        this(GatewayConfig.DEVICE_QUOTA);
    }

    public TestServer(RateLimits.Quota deviceQuota) {
        this.deviceQuota = deviceQuota;
        gateway = newGateway(registry);
    }

    private GatewayServer newGateway(CollectorRegistry metrics) {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        return new GatewayServer(
                stores.metadata(),
                stores.chunks(),
                new GatewayConfig(
                        any,
                        any,
                        null,
                        ADMIN_TOKEN,
                        Path.of("target", "test-spool"),
                        64,
                        1_000,
                        2_000,
                        32L << 20,
                        Duration.ofSeconds(5),
                        Exchange.Patience.usual(),
                        deviceQuota,
                        GatewayConfig.ACCOUNT_QUOTA),
                metrics,
                new Dependencies(stores.metadata(), "memory", "test HDFS", () -> true),
                stores.operatorRoutes());
    }

    /**
     * Starts another gateway over the same stores and then stops the one that served, as a rolling
     * restart does. Between the two both serve.
     *
     * @param switched told when the new one serves, before the old one stops
     */
    public void roll(Runnable switched) {
        GatewayServer old = gateway;
        gateway = newGateway(new CollectorRegistry());
        switched.run();
        old.close();
    }

    public GatewayServer gateway() {
        return gateway;
    }

    public MetadataStore metadata() {
        return stores.metadata();
    }

    public CollectorRegistry registry() {
        return registry;
    }

    /** A client with the admin token, on the admin listener. */
    public TestClient operator() {
        return new TestClient(gateway.adminUrl(), ADMIN_TOKEN);
    }

    /** A client without a token, on the public listener. */
    public TestClient stranger() {
        return new TestClient(gateway.url(), null);
    }

    /** A new account with one device. */
    public TestDevice account(String name) {
        LinkCode code =
                operator()
                        .post("/v1/admin/accounts", "{\"name\":\"" + name + "\"}")
                        .expect(201)
                        .as(LinkCode.class);
        return device(code.code());
    }

    /** One more device of an account. */
    public TestDevice another(String account) {
        LinkCode code =
                operator()
                        .post("/v1/admin/accounts/" + account + "/codes", "")
                        .expect(201)
                        .as(LinkCode.class);
        return device(code.code());
    }

    /** Spends a code. */
    public TestDevice device(String code) {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        String token = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        DeviceRegistered registered =
                stranger()
                        .post(
                                "/v1/devices",
                                new DeviceRegistration(
                                        code,
                                        Sha256.hash(token.getBytes(StandardCharsets.US_ASCII)),
                                        "device",
                                        "test"))
                        .expect(201)
                        .as(DeviceRegistered.class);
        return new TestDevice(new TestClient(gateway.url(), token), registered, random.nextLong());
    }

    @Override
    public void close() {
        gateway.close();
        stores.close();
    }
}
