package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** The end of a gateway: not ready, nobody new, and who is being served is served to the end. */
class DrainTest {
    private static final int TIMEOUT_MILLIS = 20_000;

    @Test
    void aRequestInProgressIsFinishedWhileProbesSayNotReady() throws Exception {
        try (TestServer server = new TestServer()) {
            TestDevice device = server.account("ada");
            TestClient probe = server.operator().with(null);
            int port = URI.create(server.gateway().url()).getPort();
            byte[] body = device.randomBytes(1_000);
            try (Socket slow = new Socket(InetAddress.getLoopbackAddress(), port)) {
                slow.setSoTimeout(TIMEOUT_MILLIS);
                OutputStream out = slow.getOutputStream();
                out.write(head(device, body.length));
                out.write(body, 0, 500);
                awaitInFlight(server);
                Thread stopping = Thread.ofVirtual().start(server.gateway()::close);
                assertThat(awaitNotReady(probe)).contains("stopping");
                awaitRefused(port);
                out.write(body, 500, 500);
                String answer =
                        new String(slow.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(answer).startsWith("HTTP/1.1 201");
                stopping.join();
            }
            assertThatThrownBy(() -> probe.get("/health/live"));
        }
    }

    private static byte[] head(TestDevice device, int length) {
        return ("PUT "
                        + device.nsPath()
                        + "/files/by-path?path=/slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                        + "If-None-Match: *\r\nAuthorization: Bearer "
                        + device.client().token()
                        + "\r\nContent-Length: "
                        + length
                        + "\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static void awaitInFlight(TestServer server) {
        long end = end();
        String[] labels = {"role"};
        while (server.registry()
                        .getSampleValue(
                                "holdfast_http_in_flight", labels, new String[] {"transfer"})
                < 1) {
            pause(end);
        }
    }

    private static String awaitNotReady(TestClient probe) {
        long end = end();
        TestClient.Reply reply = probe.get("/health/ready");
        while (reply.status() == 200) {
            pause(end);
            reply = probe.get("/health/ready");
        }
        return reply.expect(503).text();
    }

    private static void awaitRefused(int port) {
        long end = end();
        boolean refused = false;
        while (!refused) {
            try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
                pause(end);
            } catch (IOException e) {
                refused = true;
            }
        }
    }

    private static long end() {
        return System.nanoTime() + Duration.ofSeconds(4).toNanos();
    }

    private static void pause(long end) {
        assertThat(System.nanoTime()).isLessThan(end);
        LockSupport.parkNanos(2_000_000);
    }
}
