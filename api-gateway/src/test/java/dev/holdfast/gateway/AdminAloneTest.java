package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.client.CollectorRegistry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A process of workers serves operators and probes, and no device. */
class AdminAloneTest {
    @Test
    void aProcessOfWorkersHasNoPublicListener() {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        CollectorRegistry registry = new CollectorRegistry();
        try (TestStores stores = new TestStores(registry);
                GatewayServer server =
                        new GatewayServer(
                                stores.metadata(),
                                stores.chunks(),
                                GatewayConfig.of(
                                        null,
                                        any,
                                        null,
                                        TestServer.ADMIN_TOKEN,
                                        Path.of("target", "test-spool")),
                                registry,
                                new Dependencies(
                                        stores.metadata(), "memory", "test HDFS", () -> true),
                                stores.operatorRoutes())) {
            assertThat(server.openRoutes()).isEmpty();
            assertThat(server.url()).isEqualTo(server.adminUrl());
            TestClient operator = new TestClient(server.adminUrl(), TestServer.ADMIN_TOKEN);
            operator.get("/health/ready").expect(200);
            operator.get("/v1/admin/status").expect(200);
            operator.with(null).get("/metrics").expect(200);
            for (String path : List.of("/v1/namespaces", "/v1/devices", "/openapi.yaml")) {
                operator.get(path).expect(404);
            }
        }
    }
}
