package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.HttpMetrics;
import dev.holdfast.gateway.http.Listener;
import dev.holdfast.gateway.http.routes.FeedRoutes;
import dev.holdfast.gateway.http.routes.SyncMetrics;
import dev.holdfast.gateway.http.routes.Waiters;
import dev.holdfast.metadata.Feed;
import dev.holdfast.metadata.FeedWatch;
import dev.holdfast.model.Answer;
import dev.holdfast.model.Id128;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.ChangeKind;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeState;
import io.prometheus.client.CollectorRegistry;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * A watch that never fires, as one that a cluster forgot: the poll that trusted it ends in time.
 */
class LostWatchTest {
    private static final ChangesPage NOTHING = new ChangesPage(List.of(), "before", false);
    private final AtomicInteger watches = new AtomicInteger();
    private final AtomicInteger reads = new AtomicInteger();

    private static ChangesPage something() {
        NodeState node =
                new NodeState(
                        new NodeId(new Id128(1, 1)),
                        null,
                        "n",
                        NodeKind.FOLDER,
                        1,
                        0,
                        0,
                        0,
                        null,
                        0,
                        false,
                        null,
                        false,
                        null,
                        null);
        return new ChangesPage(
                List.of(new ChangeEntry(ChangeKind.CREATED, node, null)), "after", false);
    }

    private static final class Lost implements FeedWatch {
        @Override
        public CompletableFuture<Void> moved() {
            return new CompletableFuture<>();
        }

        @Override
        public void close() {}
    }

    /** Nothing until the watch stands, then a change that the watch does not tell of. */
    private Object call(String method) {
        return switch (method) {
            case "changes" -> Answer.ok(reads.incrementAndGet() <= 2 ? NOTHING : something());
            case "watch" -> {
                watches.incrementAndGet();
                yield new Lost();
            }
            default -> throw new UnsupportedOperationException(method);
        };
    }

    @Test
    void aLostWatchCostsAPollAndNoEvent() {
        Feed feed =
                (Feed)
                        Proxy.newProxyInstance(
                                Feed.class.getClassLoader(),
                                new Class<?>[] {Feed.class},
                                (proxy, method, arguments) -> call(method.getName()));
        CollectorRegistry registry = new CollectorRegistry();
        FeedRoutes routes =
                new FeedRoutes(
                        feed, new Waiters(registry), new SyncMetrics(registry), new Random(4));
        try (Listener listener =
                Listener.start(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        null,
                        new Listener.Capacity(
                                4, 4, 10, Duration.ofSeconds(5), Exchange.Patience.usual(), null),
                        routes.routes(),
                        new HttpMetrics(registry))) {
            TestClient client = new TestClient(listener.url(), "x".repeat(43));
            String path = "/v1/namespaces/" + new Id128(0, 7) + "/changes?cursor=c&wait=";
            assertThat(client.get(path + 1).expect(200).as(ChangesPage.class)).isEqualTo(NOTHING);
            assertThat(watches.get()).isEqualTo(1);
            assertThat(client.get(path + 50).expect(200).as(ChangesPage.class))
                    .isEqualTo(something());
            assertThat(watches.get()).as("it did not wait").isEqualTo(1);
        }
    }
}
