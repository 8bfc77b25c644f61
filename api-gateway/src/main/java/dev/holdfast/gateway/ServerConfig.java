package dev.holdfast.gateway;

import dev.holdfast.blockgc.CollectionSettings;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a server process is told.
 *
 * @param data directory of everything this process keeps
 * @param fdbClusterFile a real FoundationDB; null for the embedded engine
 * @param hdfsUri a real HDFS; null for the embedded one
 * @param dataNodes DataNodes of the embedded HDFS
 * @param replication copies of each chunk; null for what fits the HDFS
 * @param tlsCert PEM file of the certificate chain; null for plain HTTP
 * @param tlsKey PEM file (PKCS #8) of the key
 * @param insecureHttp plain HTTP is wanted even beyond the loopback interface
 * @param adminToken given from outside; null for the one in the data directory
 * @param collection of a process that collects
 */
public record ServerConfig(
        Path data,
        InetSocketAddress listen,
        InetSocketAddress adminListen,
        @Nullable Path fdbClusterFile,
        @Nullable URI hdfsUri,
        int dataNodes,
        @Nullable Integer replication,
        @Nullable Path tlsCert,
        @Nullable Path tlsKey,
        boolean insecureHttp,
        @Nullable String adminToken,
        CollectionSettings collection) {
    private static final int DATA_NODES_MAX = 16;

    public ServerConfig {
        if (dataNodes < 1 || dataNodes > DATA_NODES_MAX) {
            throw usage("--datanodes is 1 to " + DATA_NODES_MAX);
        }
        if (replication != null && (replication < 1 || replication > 512)) {
            throw usage("--replication is 1 to 512");
        }
        if (replication != null && hdfsUri == null && replication > dataNodes) {
            throw usage("--replication " + replication + " needs as many --datanodes");
        }
        if ((tlsCert == null) != (tlsKey == null)) {
            throw usage("--tls-cert and --tls-key go together");
        }
        if (listen.isUnresolved() || adminListen.isUnresolved()) {
            throw usage("a host to listen on is not known here; give an address of this machine");
        }
        if (tlsCert == null && !insecureHttp && !listen.getAddress().isLoopbackAddress()) {
            throw usage(
                    "plain HTTP beyond this machine would show tokens to the network: give"
                            + " --tls-cert and --tls-key, or --insecure-http behind a TLS proxy");
        }
        if (!insecureHttp && !adminListen.getAddress().isLoopbackAddress()) {
            throw usage(
                    "the admin listener speaks plain HTTP: keep it on loopback, or give"
                            + " --insecure-http where the network is private");
        }
    }

    /** Copies of each chunk. */
    public int copies() {
        if (replication != null) {
            return replication;
        }
        return hdfsUri == null ? Math.min(dataNodes, 3) : 3;
    }

    private static StartupException usage(String message) {
        return new StartupException(StartupException.USAGE, message);
    }
}
