package dev.holdfast.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.wire.Ack;
import io.prometheus.client.CollectorRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Clients over HTTP/2 that do not keep going lose their streams, and half a body is never taken for
 * a whole one, however it ends: the bodies here have no announced length that would tell.
 */
class SlowStreamsTest {
    private static final int WINDOW = 65_535;
    private static final Duration IMPATIENT = Duration.ofSeconds(1);

    private final Semaphore begun = new Semaphore(0);
    private final Semaphore ended = new Semaphore(0);
    private final AtomicInteger whole = new AtomicInteger();
    private Listener listener;

    @BeforeEach
    void start() {
        start(IMPATIENT);
    }

    /** Starts with a patience for bodies; stops within {@link #IMPATIENT}. */
    private void start(Duration read) {
        listener =
                Listener.start(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        null,
                        new Listener.Capacity(
                                10,
                                10,
                                100,
                                IMPATIENT,
                                new Exchange.Patience(
                                        Duration.ofSeconds(10), IMPATIENT, read, IMPATIENT),
                                null),
                        List.of(
                                Route.of(
                                        "GET",
                                        "/v1/thing",
                                        exchange -> exchange.json(new Ack("x"))),
                                Route.transfer("POST", "/v1/take", this::take),
                                Route.transfer("GET", "/v1/endless", this::endless)),
                        new HttpMetrics(new CollectorRegistry()));
    }

    @AfterEach
    void stop() {
        listener.close();
    }

    private void take(Exchange exchange) throws IOException {
        begun.release();
        try {
            exchange.stream().transferTo(OutputStream.nullOutputStream());
            whole.incrementAndGet();
            exchange.empty(204);
        } finally {
            ended.release();
        }
    }

    private void endless(Exchange exchange) throws IOException {
        try (OutputStream out = exchange.streamed(200, "text/plain", -1)) {
            while (true) {
                out.write(new byte[1 << 14]);
            }
        } finally {
            ended.release();
        }
    }

    private void awaitEnd() throws InterruptedException {
        assertThat(ended.tryAcquire(20, TimeUnit.SECONDS)).as("the route has ended").isTrue();
    }

    private RawStreams halfway() throws Exception {
        RawStreams client = new RawStreams(listener.port(), WINDOW);
        client.post(1, "/v1/take");
        client.data(1, "half", false);
        assertThat(begun.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
        return client;
    }

    @Test
    void aBodyThatStopsHalfwayIsGivenUpAndOtherStreamsAreServed() throws Exception {
        try (RawStreams client = halfway()) {
            awaitEnd();
            assertThat(whole.get()).isZero();
            assertThat(client.receive(1).type()).isEqualTo(RawStreams.RST_STREAM);
            client.get(3, "/v1/thing");
            assertThat(client.receive(3).isOk()).isTrue();
        }
    }

    @Test
    void aBodyWhoseConnectionIsCutIsNotWhole() throws Exception {
        halfway().close();
        awaitEnd();
        assertThat(whole.get()).isZero();
    }

    @Test
    void aBodyWhoseStreamIsResetIsNotWhole() throws Exception {
        try (RawStreams client = halfway()) {
            client.frame(RawStreams.RST_STREAM, 0, 1, new byte[] {0, 0, 0, 8});
            awaitEnd();
            assertThat(whole.get()).isZero();
            client.get(3, "/v1/thing");
            assertThat(client.receive(3).isOk()).isTrue();
        }
    }

    @Test
    void aBodyIsNotWholeBecauseTheServerStops() throws Exception {
        listener.close();
        start(Duration.ofMinutes(1));
        try (RawStreams client = halfway()) {
            client.data(1, "and more", false);
            Thread stopper = Thread.startVirtualThread(listener::close);
            awaitEnd();
            assertThat(whole.get()).isZero();
            assertThat(stopper.join(Duration.ofSeconds(20))).isTrue();
        }
    }

    @Test
    void aClientThatOpensNoWindowIsGivenUp() throws Exception {
        try (RawStreams client = new RawStreams(listener.port(), 0)) {
            client.get(1, "/v1/endless");
            assertThat(client.receive(1).isOk()).isTrue();
            awaitEnd();
            assertThat(client.receive(1).type()).isEqualTo(RawStreams.RST_STREAM);
        }
    }

    @Test
    void aClientThatReadsNothingMoreIsGivenUp() throws Exception {
        try (RawStreams client = new RawStreams(listener.port(), 1 << 30)) {
            client.frame(RawStreams.WINDOW_UPDATE, 0, 0, new byte[] {0x3f, 0, 0, 0});
            client.get(1, "/v1/endless");
            awaitEnd();
        }
        try (RawStreams next = new RawStreams(listener.port(), WINDOW)) {
            next.get(1, "/v1/thing");
            assertThat(next.receive(1).isOk()).isTrue();
        }
    }

    @Test
    void aSlowBodyThatKeepsGoingIsWhole() throws Exception {
        try (RawStreams client = halfway()) {
            for (int i = 0; i < 10; i++) {
                LockSupport.parkNanos(IMPATIENT.toNanos() / 5);
                client.data(1, "x", i == 9);
            }
            assertThat(client.receive(1).type()).isEqualTo(RawStreams.HEADERS);
            awaitEnd();
            assertThat(whole.get()).isEqualTo(1);
        }
    }
}
