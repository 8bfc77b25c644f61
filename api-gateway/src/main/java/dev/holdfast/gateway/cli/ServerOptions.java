package dev.holdfast.gateway.cli;

import dev.holdfast.blockgc.CollectionSettings;
import dev.holdfast.gateway.ServerConfig;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of the commands that serve. */
final class ServerOptions {
    @Option(
            names = "--data",
            paramLabel = "DIR",
            defaultValue = "./data",
            description = "Where everything is kept (default: ${DEFAULT-VALUE}).")
    private Path data = Path.of("data");

    @Option(
            names = "--listen",
            paramLabel = "HOST:PORT",
            defaultValue = "127.0.0.1:8080",
            converter = AddressConverter.class,
            description = "Where clients connect; port 0 picks one (default: ${DEFAULT-VALUE}).")
    private InetSocketAddress listen = InetSocketAddress.createUnresolved("127.0.0.1", 8080);

    @Option(
            names = "--admin-listen",
            paramLabel = "HOST:PORT",
            defaultValue = "127.0.0.1:8081",
            converter = AddressConverter.class,
            description = "Where admin commands and probes connect (default: ${DEFAULT-VALUE}).")
    private InetSocketAddress adminListen = InetSocketAddress.createUnresolved("127.0.0.1", 8081);

    @Option(
            names = "--fdb-cluster-file",
            paramLabel = "FILE",
            description =
                    "Keep metadata in this FoundationDB cluster instead of the data directory.")
    private @Nullable Path fdbClusterFile;

    @Option(
            names = "--hdfs-uri",
            paramLabel = "URI",
            description = "Keep chunks in this HDFS (hdfs://…) instead of the data directory.")
    private @Nullable URI hdfsUri;

    @Option(
            names = "--datanodes",
            paramLabel = "N",
            defaultValue = "1",
            description = "DataNodes of the built-in HDFS (default: ${DEFAULT-VALUE}).")
    private int dataNodes = 1;

    @Option(
            names = "--replication",
            paramLabel = "N",
            description = "Copies of each chunk (default: 3, or as many as there are DataNodes).")
    private @Nullable Integer replication;

    @Option(
            names = "--tls-cert",
            paramLabel = "FILE",
            description = "Certificate chain (PEM): serve HTTPS.")
    private @Nullable Path tlsCert;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "Its key (PEM, PKCS #8).")
    private @Nullable Path tlsKey;

    @Option(
            names = "--insecure-http",
            description = "Serve plain HTTP beyond this machine, behind a TLS proxy.")
    private boolean insecureHttp;

    boolean isClusterComplete() {
        return fdbClusterFile != null && hdfsUri != null;
    }

    /** Of a process that does not collect. */
    ServerConfig config(@Nullable String adminToken) {
        return config(adminToken, CollectionSettings.defaults());
    }

    ServerConfig config(@Nullable String adminToken, CollectionSettings collection) {
        return new ServerConfig(
                data,
                listen,
                adminListen,
                fdbClusterFile,
                hdfsUri,
                dataNodes,
                replication,
                tlsCert,
                tlsKey,
                insecureHttp,
                adminToken,
                collection);
    }
}
