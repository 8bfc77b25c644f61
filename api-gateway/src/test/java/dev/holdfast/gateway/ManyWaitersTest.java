package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.wire.Op;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Hundreds of devices wait: one can be woken among them, and all of them at once. */
class ManyWaitersTest {
    private static final int WAITERS = 400;
    private static final int TIMEOUT_MILLIS = 30_000;

    private static Socket poll(TestServer server, TestDevice device, String cursor)
            throws IOException {
        int port = URI.create(server.gateway().url()).getPort();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        String request =
                "GET "
                        + device.nsPath()
                        + "/changes?wait=55&cursor="
                        + cursor
                        + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                        + device.client().token()
                        + "\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static void awaitWaiters(TestServer server, int count) {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (server.registry().getSampleValue("holdfast_feed_waiters") != count) {
            assertThat(System.nanoTime()).as("never " + count + " waiters").isLessThan(end);
            LockSupport.parkNanos(2_000_000);
        }
    }

    private static String firstLine(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        return new String(in.readNBytes("HTTP/1.1 200".length()), StandardCharsets.US_ASCII);
    }

    private static void change(TestDevice device, String name) {
        device.done(
                new Op.CreateFolder(device.nextSequence(), device.newNode(), device.root(), name));
    }

    @Test
    void oneIsWokenAmongManyAndThenAllOfThem() throws Exception {
        List<Socket> sockets = new ArrayList<>();
        try (TestServer server = new TestServer()) {
            TestDevice many = server.account("many");
            TestDevice one = server.account("one");
            String cursor = many.changes("").cursor();
            for (int i = 0; i < WAITERS; i++) {
                sockets.add(poll(server, many, cursor));
            }
            try (Socket single = poll(server, one, one.changes("").cursor())) {
                awaitWaiters(server, WAITERS + 1);
                // Ordinary requests have their own places, however many wait.
                one.client().get("/v1/namespaces").expect(200);
                change(one, "wakes-one");
                assertThat(firstLine(single)).isEqualTo("HTTP/1.1 200");
                awaitWaiters(server, WAITERS);
            }
            change(many, "wakes-all");
            for (Socket socket : sockets) {
                assertThat(firstLine(socket)).isEqualTo("HTTP/1.1 200");
            }
            awaitWaiters(server, 0);
            assertThat(server.registry().getSampleValue("holdfast_commit_to_visible_seconds_count"))
                    .isGreaterThan(WAITERS / 2.0);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }
}
