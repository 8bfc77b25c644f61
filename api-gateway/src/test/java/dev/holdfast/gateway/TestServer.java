package dev.holdfast.gateway;

import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.chunkstore.ChunkStoreConfig;
import dev.holdfast.chunkstore.EmbeddedHdfs;
import dev.holdfast.embeddedfdb.EmbeddedDatabase;
import dev.holdfast.embeddedfdb.EmbeddedFdbDatabaseFactory;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.RateLimits;
import dev.holdfast.metadata.MetadataConfig;
import dev.holdfast.metadata.MetadataStore;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.DeviceRegistered;
import dev.holdfast.model.wire.DeviceRegistration;
import dev.holdfast.model.wire.LinkCode;
import io.prometheus.client.CollectorRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A gateway over an engine in memory and the HDFS that all tests of this JVM share; each server has
 * a folder of its own there.
 */
public final class TestServer implements AutoCloseable {
    public static final String ADMIN_TOKEN = "test-admin-token-0123456789abcdef0123456789";

    private static final AtomicInteger ROOTS = new AtomicInteger();

    private final Random random = new Random(20_261_122);
    private final EmbeddedDatabase database;
    private final MetadataStore metadata;
    private final ChunkStore chunks;
    private final CollectorRegistry registry = new CollectorRegistry();
    private final RateLimits.Quota deviceQuota;
    private GatewayServer gateway;

    /** One HDFS a JVM: starting one takes seconds. */
    private static final class SharedHdfs {
        static final EmbeddedHdfs HDFS = start();

        private static EmbeddedHdfs start() {
            try {
                Path directory = Path.of("target", "test-hdfs", "" + ProcessHandle.current().pid());
                EmbeddedHdfs hdfs = EmbeddedHdfs.start(directory.toAbsolutePath(), 1, 1);
                Runtime.getRuntime().addShutdownHook(new Thread(hdfs::close));
                return hdfs;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    public TestServer() {
        this(GatewayConfig.DEVICE_QUOTA);
    }

    public TestServer(RateLimits.Quota deviceQuota) {
        EmbeddedHdfs hdfs = SharedHdfs.HDFS;
        database = EmbeddedFoundationDb.inMemory();
        EmbeddedFdbDatabaseFactory factory = new EmbeddedFdbDatabaseFactory(database);
        factory.setTransactionListener(new FdbMetrics(registry));
        metadata = MetadataStore.open(factory.getDatabase(), MetadataConfig.defaults(true));
        chunks =
                ChunkStore.open(
                        hdfs.uri(),
                        hdfs.configuration(),
                        metadata.chunks(),
                        ChunkStoreConfig.forEmbedded(1)
                                .withRoot("/test-" + ROOTS.incrementAndGet()));
        this.deviceQuota = deviceQuota;
        gateway = newGateway(registry);
    }

    private GatewayServer newGateway(CollectorRegistry metrics) {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        return new GatewayServer(
                metadata,
                chunks,
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
                new Dependencies(metadata, "memory", "test HDFS", () -> true));
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
        return metadata;
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
        chunks.close();
        metadata.close();
        database.close();
    }
}
