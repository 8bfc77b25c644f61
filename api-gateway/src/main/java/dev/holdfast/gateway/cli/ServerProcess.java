package dev.holdfast.gateway.cli;

import dev.holdfast.gateway.DataDirectory;
import dev.holdfast.gateway.Dependencies;
import dev.holdfast.gateway.GatewayConfig;
import dev.holdfast.gateway.GatewayServer;
import dev.holdfast.gateway.Logs;
import dev.holdfast.gateway.PemTls;
import dev.holdfast.gateway.ServerConfig;
import dev.holdfast.gateway.StartupException;
import dev.holdfast.gateway.TlsRenewal;
import dev.holdfast.gateway.UpkeepLoop;
import dev.holdfast.gateway.Version;
import dev.holdfast.gateway.workers.RepairService;
import io.prometheus.client.CollectorRegistry;
import io.prometheus.client.Info;
import io.prometheus.client.hotspot.DefaultExports;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server from its start to its end. Everything that can be refused cheaply is refused before the
 * engines start: options, the data directory, the ports. Closing it drains the gateway first and
 * releases the data directory last.
 */
public final class ServerProcess implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ServerProcess.class);

    private static final Duration UPKEEP_PERIOD = Duration.ofSeconds(5);
    private static final Duration TLS_LOOK_PERIOD = Duration.ofSeconds(10);
    private static final int UPKEEP_PERIODS_PER_RETENTION = 60;

    private final DataDirectory data;
    private final Engines engines;
    private final GatewayServer gateway;
    private final RepairService repair;
    private final @Nullable UpkeepLoop upkeep;
    private final @Nullable TlsRenewal renewal;
    private final CompletableFuture<Integer> end;
    private boolean closed;

    /** What a process does. */
    enum Role {
        /** Everything. */
        WHOLE,
        /** Serves; workers of the cluster do the rest. */
        GATEWAY,
        /** Scrubs and repairs; gateways of the cluster do the rest. */
        REPAIR,
        /** Collects and audits; gateways of the cluster do the rest. */
        COLLECTION;

        /** Only a gateway has anything to say to devices. */
        boolean serves() {
            return this == WHOLE || this == GATEWAY;
        }

        boolean repairs() {
            return this == WHOLE || this == REPAIR;
        }

        boolean collects() {
            return this == WHOLE || this == COLLECTION;
        }
    }

    private ServerProcess(
            DataDirectory data,
            Engines engines,
            GatewayServer gateway,
            RepairService repair,
            @Nullable UpkeepLoop upkeep,
            @Nullable TlsRenewal renewal,
            CompletableFuture<Integer> end) {
        this.data = data;
        this.engines = engines;
        this.gateway = gateway;
        this.repair = repair;
        this.upkeep = upkeep;
        this.renewal = renewal;
        this.end = end;
    }

    /**
     * Starts everything and returns when it serves.
     *
     * @throws StartupException when it cannot; nothing runs then, and nothing was harmed
     */
    static ServerProcess start(ServerConfig config, Role role, boolean debug) {
        PemTls tls =
                config.tlsCert() == null || config.tlsKey() == null
                        ? null
                        : PemTls.read(config.tlsCert(), config.tlsKey());
        DataDirectory data = DataDirectory.open(config.data());
        @Nullable Engines engines = null;
        @Nullable RepairService repair = null;
        CompletableFuture<Integer> end = new CompletableFuture<>();
        CollectorRegistry registry = registry();
        try {
            if (role.serves()) {
                requireFree("--listen", config.listen());
            }
            requireFree("--admin-listen", config.adminListen());
            Files.createDirectories(data.logs());
            Logs.start(data.logs(), debug);
            String token = config.adminToken() == null ? data.adminToken() : config.adminToken();
            engines =
                    Engines.start(
                            config,
                            data,
                            registry,
                            failure -> {
                                LOG.error("HDFS has stopped by itself; the server ends", failure);
                                end.complete(ExitCode.FAILED);
                            });
            repair = engines.repair(role.repairs());
            GatewayServer gateway =
                    new GatewayServer(
                            engines.metadata(),
                            engines.chunks(),
                            GatewayConfig.of(
                                    role.serves() ? config.listen() : null,
                                    config.adminListen(),
                                    tls == null ? null : tls.tls(),
                                    token,
                                    data.spool()),
                            registry,
                            dependencies(engines),
                            engines.operatorRoutes(repair));
            LOG.info("serving on {}, admin on {}", gateway.url(), gateway.adminUrl());
            UpkeepLoop upkeep =
                    role == Role.WHOLE
                            ? new UpkeepLoop(
                                    engines.metadata().upkeep(),
                                    UPKEEP_PERIOD,
                                    UPKEEP_PERIODS_PER_RETENTION)
                            : null;
            TlsRenewal renewal = tls == null ? null : new TlsRenewal(tls, TLS_LOOK_PERIOD);
            if (role.collects()) {
                engines.workers().start();
            }
            return new ServerProcess(data, engines, gateway, repair, upkeep, renewal, end);
        } catch (IOException e) {
            close(repair);
            close(engines, data);
            throw StartupException.failed(DataDirectory.explain(data.path(), e), e);
        } catch (RuntimeException e) {
            close(repair);
            close(engines, data);
            throw e;
        }
    }

    public DataDirectory data() {
        return data;
    }

    /** Where devices connect; the admin listener where there is no other. */
    public String url() {
        return gateway.url();
    }

    public String adminUrl() {
        return gateway.adminUrl();
    }

    /** False while nobody could use the server. */
    public boolean hasAccounts() {
        return !engines.metadata().accounts().list().isEmpty();
    }

    /** Waits until the process has to end, and answers its exit code. */
    int awaitEnd() throws InterruptedException {
        try {
            return end.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("the end of a server cannot fail", e);
        }
    }

    /** Asks the process to end. */
    void end(int exitCode) {
        end.complete(exitCode);
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            LOG.info("stopping");
            if (renewal != null) {
                renewal.close();
            }
            gateway.close();
            if (upkeep != null) {
                upkeep.close();
            }
            close(repair);
            close(engines, data);
            LOG.info("stopped");
            end.complete(ExitCode.OK);
        }
    }

    private static void close(@Nullable RepairService repair) {
        if (repair != null) {
            repair.close();
        }
    }

    private static void close(@Nullable Engines engines, DataDirectory data) {
        if (engines != null) {
            engines.close();
        }
        data.close();
    }

    private static Dependencies dependencies(Engines engines) {
        return new Dependencies(
                engines.metadata(),
                engines.metadataName(),
                engines.chunksName(),
                engines::chunksAnswer);
    }

    private static CollectorRegistry registry() {
        CollectorRegistry registry = new CollectorRegistry(true);
        DefaultExports.register(registry);
        Info.build("holdfast_build", "Which build this is.")
                .register(registry)
                .info("version", Version.text());
        return registry;
    }

    /** Finds a taken port before the engines have started, which takes seconds. */
    private static void requireFree(String option, InetSocketAddress address) {
        if (address.getPort() == 0) {
            return;
        }
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(address);
        } catch (BindException e) {
            throw StartupException.failed(
                    "cannot listen on "
                            + address.getHostString()
                            + ":"
                            + address.getPort()
                            + ": the port is in use or not allowed, or this machine does not have"
                            + " the address; give another "
                            + option,
                    e);
        } catch (SocketException e) {
            throw StartupException.failed(
                    "cannot listen on "
                            + address.getHostString()
                            + ":"
                            + address.getPort()
                            + "; give another "
                            + option,
                    e);
        } catch (IOException e) {
            throw StartupException.failed("the network of this machine does not work", e);
        }
    }
}
