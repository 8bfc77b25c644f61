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

/** Clients that do not keep going lose their connections; slow ones that do are served. */
class SlowClientsTest {
    private static final Duration IDLE = Duration.ofSeconds(3);
    private static final Duration IMPATIENT = Duration.ofSeconds(2);

    private final Semaphore entered = new Semaphore(0);
    private final AtomicInteger effects = new AtomicInteger();
    private Listener listener;

    @BeforeEach
    void start() {
        listener =
                Listener.start(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        null,
                        new Listener.Capacity(
                                10,
                                10,
                                100,
                                Duration.ofSeconds(5),
                                new Exchange.Patience(IDLE, IMPATIENT, IMPATIENT, IMPATIENT),
                                null),
                        List.of(
                                Route.of(
                                        "GET",
                                        "/v1/thing",
                                        exchange -> exchange.json(new Ack("x"))),
                                Route.of("POST", "/v1/ack", this::ack),
                                Route.of("GET", "/v1/endless", this::endless)),
                        new HttpMetrics(new CollectorRegistry()));
    }

    @AfterEach
    void stop() {
        listener.close();
    }

    private void ack(Exchange exchange) {
        Ack ack = exchange.body(Ack.class);
        effects.incrementAndGet();
        exchange.json(ack);
    }

    private void endless(Exchange exchange) throws IOException {
        try (OutputStream out = exchange.streamed(200, "text/plain", -1)) {
            while (true) {
                out.write(new byte[1 << 20]);
            }
        } finally {
            entered.release();
        }
    }

    private RawClient.Reply ask() throws IOException {
        try (RawClient client = new RawClient(listener.port())) {
            client.send("GET /v1/thing HTTP/1.1\nHost: x\n\n");
            return client.receive();
        }
    }

    @Test
    void aClientThatStopsInTheMiddleOfItsHeadersIsGivenUp() throws IOException {
        try (RawClient client = new RawClient(listener.port())) {
            client.send("GET /v1/thing HTTP/1.1\nHost: x\nX-Slow: ");
            assertThat(client.isAtEnd()).isTrue();
        }
    }

    @Test
    void aConnectionThatSaysNothingIsGivenUp() throws IOException {
        try (RawClient silent = new RawClient(listener.port());
                RawClient begun = new RawClient(listener.port());
                RawClient used = new RawClient(listener.port())) {
            begun.send("G");
            used.send("GET /v1/thing HTTP/1.1\nHost: x\n\n");
            assertThat(used.receive().status()).isEqualTo(200);
            assertThat(silent.isAtEnd()).isTrue();
            assertThat(begun.isAtEnd()).isTrue();
            assertThat(used.isAtEnd()).isTrue();
        }
    }

    @Test
    void aClientThatDripsItsFirstLineIsGivenUp() throws Exception {
        try (RawClient client = new RawClient(listener.port())) {
            long end = System.nanoTime() + IDLE.multipliedBy(5).toNanos();
            boolean cut = false;
            for (int i = 0; !cut && System.nanoTime() < end; i++) {
                try {
                    client.send(i == 0 ? "GET /" : "x");
                } catch (IOException e) {
                    cut = true;
                }
                LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
            }
            assertThat(cut).isTrue();
        }
    }

    @Test
    void aClientThatStopsInTheMiddleOfItsBodyIsGivenUp() throws IOException {
        try (RawClient client = new RawClient(listener.port())) {
            client.send("POST /v1/ack HTTP/1.1\nHost: x\nContent-Length: 100\n\n{");
            assertThat(client.isAtEnd()).isTrue();
        }
        assertThat(effects.get()).isZero();
    }

    @Test
    void aClientThatDoesNotReadItsAnswerIsGivenUp() throws Exception {
        try (RawClient client = new RawClient(listener.port())) {
            client.send("GET /v1/endless HTTP/1.1\nHost: x\n\n");
            assertThat(entered.tryAcquire(20, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(ask().status()).isEqualTo(200);
    }

    @Test
    void aSlowClientThatKeepsGoingIsServed() throws Exception {
        String body = "{\"cursor\":\"" + "x".repeat(20) + "\"}";
        try (RawClient client = new RawClient(listener.port())) {
            client.send(
                    "POST /v1/ack HTTP/1.1\nHost: x\nContent-Type: application/json\n"
                            + "Content-Length: "
                            + body.length()
                            + "\n\n");
            long pause = IMPATIENT.toNanos() / 10;
            for (int i = 0; i < body.length(); i++) {
                client.send(body.substring(i, i + 1));
                long end = System.nanoTime() + pause;
                while (System.nanoTime() < end) {
                    LockSupport.parkNanos(end - System.nanoTime());
                }
            }
            assertThat(client.receive().status()).isEqualTo(200);
        }
    }
}
