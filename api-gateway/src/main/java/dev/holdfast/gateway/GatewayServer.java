package dev.holdfast.gateway;

import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.gateway.http.HttpMetrics;
import dev.holdfast.gateway.http.Listener;
import dev.holdfast.gateway.http.RateLimits;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.gateway.http.routes.AdminRoutes;
import dev.holdfast.gateway.http.routes.ContentRoutes;
import dev.holdfast.gateway.http.routes.DataRoutes;
import dev.holdfast.gateway.http.routes.DeviceAccounts;
import dev.holdfast.gateway.http.routes.DeviceRoutes;
import dev.holdfast.gateway.http.routes.DocumentRoutes;
import dev.holdfast.gateway.http.routes.FeedRoutes;
import dev.holdfast.gateway.http.routes.HealthRoutes;
import dev.holdfast.gateway.http.routes.NamespaceRoutes;
import dev.holdfast.gateway.http.routes.PlainRoutes;
import dev.holdfast.gateway.http.routes.RewindRoutes;
import dev.holdfast.gateway.http.routes.SharingRoutes;
import dev.holdfast.gateway.http.routes.SyncMetrics;
import dev.holdfast.gateway.http.routes.UploadRoutes;
import dev.holdfast.gateway.http.routes.Waiters;
import dev.holdfast.gateway.http.transfer.ByteBudget;
import dev.holdfast.gateway.http.transfer.ChunkIntake;
import dev.holdfast.gateway.http.transfer.ChunkOutlet;
import dev.holdfast.gateway.http.transfer.ContentOutlet;
import dev.holdfast.gateway.http.transfer.PlainIntake;
import dev.holdfast.gateway.signin.DataAddresses;
import dev.holdfast.gateway.signin.SecretHasher;
import dev.holdfast.metadata.MetadataStore;
import io.prometheus.client.CollectorRegistry;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The two listeners over a metadata store and a chunk store, which it uses and does not own; a
 * process of workers has the admin listener alone. Closing it wakes all long polls, lets requests
 * in progress end, and stops listening; the admin listener ends last, so that probes can see the
 * drain.
 */
public final class GatewayServer implements AutoCloseable {
    private static final Duration TRANSFER_WAIT_MAX = Duration.ofSeconds(20);
    private static final long PLAIN_BYTES_MAX = 32L << 20;
    private static final int ADMIN_REQUESTS_MAX = 32;
    private static final int ADMIN_CONNECTIONS_MAX = 256;

    private final MetadataStore metadata;
    private final ChunkStore chunks;
    private final GatewayConfig config;
    private final CollectorRegistry registry;
    private final Dependencies dependencies;
    private final Waiters waiters;
    private final SecretHasher hasher = new SecretHasher(new SecureRandom());
    private final HttpMetrics metrics;
    private final SyncMetrics sync;
    private final long upSinceMillis = System.currentTimeMillis();
    private final List<Route> operatorRoutes;
    private final List<Route> openRoutes;
    private final List<Route> adminRoutes;
    private final @Nullable Listener open;
    private final Listener admin;

    /** A server without workers' routes. */
    public GatewayServer(
            MetadataStore metadata,
            ChunkStore chunks,
            GatewayConfig config,
            CollectorRegistry registry,
            Dependencies dependencies) {
        this(metadata, chunks, config, registry, dependencies, List.of());
    }

    /**
     * Starts serving.
     *
     * @param registry gets the gateway's metrics and is what {@code /metrics} shows
     * @param dependencies what has to work for the server to be ready
     * @param operatorRoutes further routes of the admin listener; they want the admin token
     * @throws IllegalStateException when a port cannot be had
     */
    public GatewayServer(
            MetadataStore metadata,
            ChunkStore chunks,
            GatewayConfig config,
            CollectorRegistry registry,
            Dependencies dependencies,
            List<Route> operatorRoutes) {
        this.operatorRoutes = List.copyOf(operatorRoutes);
        this.metadata = metadata;
        this.chunks = chunks;
        this.config = config;
        this.registry = registry;
        this.dependencies = dependencies;
        this.waiters = new Waiters(registry);
        this.metrics = new HttpMetrics(registry);
        this.sync = new SyncMetrics(registry);
        this.openRoutes = config.listen() == null ? List.of() : makeOpenRoutes();
        this.adminRoutes = makeAdminRoutes();
        new ChunkMetrics(chunks).register(registry);
        dependencies.metrics().register(registry);
        sync.replays(metadata.nodes()::replays).register(registry);
        this.open = config.listen() == null ? null : listen(config.listen());
        try {
            this.admin =
                    Listener.start(
                            config.adminListen(),
                            null,
                            new Listener.Capacity(
                                    ADMIN_REQUESTS_MAX,
                                    1,
                                    ADMIN_CONNECTIONS_MAX,
                                    config.stopGrace(),
                                    config.patience(),
                                    null),
                            adminRoutes,
                            metrics);
        } catch (RuntimeException e) {
            if (open != null) {
                open.close();
            }
            throw e;
        }
    }

    private Listener listen(InetSocketAddress address) {
        RateLimits limits =
                new RateLimits(
                        config.deviceQuota(),
                        config.accountQuota(),
                        new DeviceAccounts(metadata.accessEpochs()),
                        System::nanoTime);
        return Listener.start(
                address,
                config.tls(),
                new Listener.Capacity(
                        config.requestsMax(),
                        config.waitersMax(),
                        config.connectionsMax(),
                        config.stopGrace(),
                        config.patience(),
                        limits),
                openRoutes,
                metrics);
    }

    /** Base URL of the public listener; of the admin listener where there is no other. */
    public String url() {
        return open == null ? admin.url() : open.url();
    }

    /** Base URL of the admin listener. */
    public String adminUrl() {
        return admin.url();
    }

    /** Every route of the public listener. */
    List<Route> openRoutes() {
        return openRoutes;
    }

    /** Every route of the admin listener. */
    List<Route> adminRoutes() {
        return adminRoutes;
    }

    @Override
    public void close() {
        dependencies.stopping();
        waiters.stop();
        if (open != null) {
            open.close();
        }
        admin.close();
    }

    private List<Route> makeOpenRoutes() {
        ByteBudget budget = new ByteBudget(config.transferBytesMax(), TRANSFER_WAIT_MAX);
        List<Route> routes = new ArrayList<>();
        routes.addAll(new DocumentRoutes().routes());
        routes.addAll(
                new DeviceRoutes(
                                metadata.accounts(),
                                metadata.secrets(),
                                hasher,
                                metrics,
                                System::nanoTime)
                        .routes());
        routes.addAll(new SharingRoutes(metadata.namespaces()).routes());
        routes.addAll(new RewindRoutes(metadata.rewinds(), metadata.treeJobs()).routes());
        routes.addAll(new NamespaceRoutes(metadata.namespaces(), metadata.nodes(), sync).routes());
        ChunkIntake intake = new ChunkIntake(metadata.uploads(), chunks, budget);
        routes.addAll(new UploadRoutes(metadata.uploads(), intake, sync).routes());
        routes.addAll(plainRoutes(intake));
        routes.addAll(new FeedRoutes(metadata.feed(), waiters, sync, new SecureRandom()).routes());
        ContentOutlet contents = new ContentOutlet(metadata.nodes(), chunks);
        routes.addAll(
                new ContentRoutes(new ChunkOutlet(metadata.nodes(), chunks), contents).routes());
        DataAddresses addresses =
                new DataAddresses(
                        metadata.signingSecret(), InstantSource.system(), new SecureRandom());
        routes.addAll(
                new DataRoutes(addresses, metadata.accessEpochs(), metadata.nodes(), contents)
                        .routes());
        return List.copyOf(routes);
    }

    private List<Route> plainRoutes(ChunkIntake intake) {
        // A budget of its own: while it holds a share here, a body takes shares of the other.
        ByteBudget budget = new ByteBudget(PLAIN_BYTES_MAX, TRANSFER_WAIT_MAX);
        PlainIntake plain =
                new PlainIntake(
                        metadata.nodes(),
                        metadata.uploads(),
                        intake,
                        budget,
                        config.spool(),
                        new SecureRandom());
        return new PlainRoutes(plain, InstantSource.system()).routes();
    }

    private List<Route> makeAdminRoutes() {
        List<Route> routes = new ArrayList<>();
        routes.addAll(
                new AdminRoutes(
                                metadata.accounts(),
                                metadata.secrets(),
                                hasher,
                                config.adminToken(),
                                this::status)
                        .routes());
        byte[] token = config.adminToken().getBytes(StandardCharsets.US_ASCII);
        operatorRoutes.forEach(route -> routes.add(AdminRoutes.guarded(route, token)));
        routes.addAll(new HealthRoutes(dependencies::missing, registry).routes());
        return List.copyOf(routes);
    }

    private AdminRoutes.ServerStatus status() {
        return new AdminRoutes.ServerStatus(
                metadata.cellId(),
                Version.text(),
                url(),
                adminUrl(),
                dependencies.metadataName(),
                dependencies.chunksName(),
                upSinceMillis,
                metadata.accounts().list().size(),
                metadata.accounts().devices().size(),
                dependencies.missing());
    }
}
