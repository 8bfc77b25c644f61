package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.Ack;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.Op;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** The feed over HTTP, its long poll above all. */
class FeedTest {
    private static CompletableFuture<TestClient.Reply> poll(
            TestDevice device, String cursor, int seconds) {
        return CompletableFuture.supplyAsync(
                () ->
                        device.client()
                                .get(
                                        device.nsPath()
                                                + "/changes?cursor="
                                                + cursor
                                                + "&wait="
                                                + seconds),
                task -> Thread.ofVirtual().start(task));
    }

    private static void awaitWaiters(TestServer server, int count) {
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (server.registry().getSampleValue("holdfast_feed_waiters") < count) {
            assertThat(System.nanoTime()).as("nobody waits").isLessThan(end);
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Test
    void aPollIsWokenByAChangeOfAnotherDevice() throws Exception {
        try (TestServer server = new TestServer()) {
            TestDevice a = server.account("ada");
            TestDevice b = server.another("ada");
            String cursor = b.changes("").cursor();
            CompletableFuture<TestClient.Reply> poll = poll(b, cursor, 50);
            awaitWaiters(server, 1);
            long start = System.nanoTime();
            a.done(new Op.CreateFolder(a.nextSequence(), a.newNode(), a.root(), "folder"));
            ChangesPage page = poll.get(20, TimeUnit.SECONDS).expect(200).as(ChangesPage.class);
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isLessThan(Duration.ofSeconds(5));
            assertThat(page.entries()).hasSize(1);
            assertThat(page.cursor()).isNotEqualTo(cursor);
        }
    }

    @Test
    void aPollOfNothingEndsEmptyInTime() throws Exception {
        try (TestServer server = new TestServer()) {
            TestDevice a = server.account("ada");
            String cursor = a.changes("").cursor();
            long start = System.nanoTime();
            ChangesPage page =
                    poll(a, cursor, 2).get(20, TimeUnit.SECONDS).expect(200).as(ChangesPage.class);
            assertThat(page.entries()).isEmpty();
            assertThat(page.hasMore()).isFalse();
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isBetween(Duration.ofMillis(1_700), Duration.ofSeconds(8));
        }
    }

    @Test
    void aRevokedDeviceIsOutAlsoOnAHeldPoll() throws Exception {
        try (TestServer server = new TestServer()) {
            TestDevice a = server.account("ada");
            TestDevice b = server.another("ada");
            CompletableFuture<TestClient.Reply> poll = poll(b, b.changes("").cursor(), 50);
            awaitWaiters(server, 1);
            a.client().delete("/v1/devices/" + b.registered().device()).expect(204);
            a.done(new Op.CreateFolder(a.nextSequence(), a.newNode(), a.root(), "secret"));
            poll.get(20, TimeUnit.SECONDS).problem(ProblemCode.NOT_SIGNED_IN);
            b.client().get("/v1/namespaces").problem(ProblemCode.NOT_SIGNED_IN);
        }
    }

    @Test
    void theEndOfTheServerEndsAllPollsAtOnce() throws Exception {
        TestServer server = new TestServer();
        TestDevice a = server.account("ada");
        CompletableFuture<TestClient.Reply> poll;
        long start;
        try (server) {
            poll = poll(a, a.changes("").cursor(), 50);
            awaitWaiters(server, 1);
            start = System.nanoTime();
        }
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
        assertThat(poll.get(5, TimeUnit.SECONDS).expect(200).as(ChangesPage.class).entries())
                .isEmpty();
    }

    @Test
    void aNamespaceOfSomeoneElseIsNotThere() {
        try (TestServer server = new TestServer()) {
            TestDevice a = server.account("ada");
            TestDevice bob = server.account("bob");
            String path = a.nsPath() + "/changes";
            bob.client().get(path).problem(ProblemCode.NOT_FOUND);
            bob.client().get(path + "?wait=50").problem(ProblemCode.NOT_FOUND);
            String cursor = a.changes("").cursor();
            bob.client().get(path + "?cursor=" + cursor).problem(ProblemCode.NOT_FOUND);
            bob.client().post(a.nsPath() + "/ack", new Ack(cursor)).problem(ProblemCode.NOT_FOUND);
            a.client().post(a.nsPath() + "/ack", new Ack(cursor)).expect(204);
            a.client().post(a.nsPath() + "/ack", new Ack(cursor)).expect(204);
        }
    }
}
