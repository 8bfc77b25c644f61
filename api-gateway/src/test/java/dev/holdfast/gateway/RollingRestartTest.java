package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResults;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Gateways are exchanged under load: what was acknowledged is there, once, and work goes on. */
class RollingRestartTest {
    private static final int WRITERS = 4;
    private static final int ROLLS = 3;
    private static final int OPS_BETWEEN = 40;

    private volatile String url = "";
    private final Set<NodeId> acknowledged = ConcurrentHashMap.newKeySet();
    private final AtomicInteger done = new AtomicInteger();
    private final AtomicInteger cut = new AtomicInteger();
    private final AtomicBoolean stop = new AtomicBoolean();

    @Test
    void noAcknowledgedRequestIsLostAndNoneIsDoneTwice() throws Exception {
        try (TestServer server = new TestServer();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            url = server.gateway().url();
            TestDevice first = server.account("ada");
            List<Future<?>> writers = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                TestDevice writer = i == 0 ? first : server.another("ada");
                writers.add(threads.submit(() -> write(writer)));
            }
            for (int i = 0; i < ROLLS; i++) {
                awaitDone(done.get() + OPS_BETWEEN);
                server.roll(() -> url = server.gateway().url());
            }
            awaitDone(done.get() + OPS_BETWEEN);
            stop.set(true);
            for (Future<?> writer : writers) {
                writer.get();
            }
            List<NodeId> created = created(new TestClient(url, first.client().token()), first);
            assertThat(created).as("nothing twice").doesNotHaveDuplicates();
            assertThat(created).as("what was acknowledged").containsAll(acknowledged);
            assertThat(acknowledged).hasSize(done.get());
            assertThat(cut.get()).as("requests that found a gateway gone").isLessThan(done.get());
        }
    }

    private void write(TestDevice writer) {
        int failures = 0;
        while (!stop.get()) {
            Op op =
                    new Op.CreateFolder(
                            writer.nextSequence(),
                            writer.newNode(),
                            writer.root(),
                            "f" + writer.newNode());
            boolean answered = false;
            while (!answered) {
                answered = attempt(writer, op);
                if (!answered) {
                    failures++;
                    assertThat(failures).isLessThan(1_000);
                    LockSupport.parkNanos(2_000_000);
                }
            }
            done.incrementAndGet();
        }
    }

    private boolean attempt(TestDevice writer, Op op) {
        try {
            TestClient.Reply reply =
                    new TestClient(url, writer.client().token())
                            .post(writer.nsPath() + "/ops", new OpBatch(1, List.of(op)));
            if (reply.status() == 503) {
                return false;
            }
            var result = reply.expect(200).as(OpResults.class).results().getFirst();
            assertThat(result.code()).as(String.valueOf(result.detail())).isNull();
            acknowledged.add(Objects.requireNonNull(result.node()).node());
            return true;
        } catch (UncheckedIOException e) {
            cut.incrementAndGet();
            return false;
        }
    }

    private void awaitDone(int count) {
        long end = System.nanoTime() + 60_000_000_000L;
        while (done.get() < count) {
            assertThat(System.nanoTime()).as("the writers stand still").isLessThan(end);
            LockSupport.parkNanos(1_000_000);
        }
    }

    private static List<NodeId> created(TestClient client, TestDevice device) {
        List<NodeId> created = new ArrayList<>();
        String query = "";
        boolean more = true;
        while (more) {
            ChangesPage page =
                    client.get(device.nsPath() + "/changes" + query)
                            .expect(200)
                            .as(ChangesPage.class);
            for (ChangeEntry entry : page.entries()) {
                if (!entry.node().node().equals(device.root())) {
                    created.add(entry.node().node());
                }
            }
            query = "?cursor=" + page.cursor();
            more = page.hasMore();
        }
        return created;
    }
}
