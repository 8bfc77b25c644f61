package dev.holdfast.sync.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.chunking.FastCdc;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeclarationResult;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResult;
import dev.holdfast.model.wire.OpResults;
import dev.holdfast.sync.disk.FolderDisk;
import dev.holdfast.sync.plan.Action;
import dev.holdfast.sync.server.SyncServer;
import dev.holdfast.sync.store.SqliteStore;
import dev.holdfast.sync.store.StateStore;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Uploads that go on side by side, at the moment at which they could hold each other up. */
class UploadsAtOnceTest {
    private static final NamespaceId NAMESPACE = new NamespaceId(new Id128(1, 1));

    private static final Context.Naming NAMING =
            new Context.Naming() {
                @Override
                public boolean ignored(String path, boolean isFolder) {
                    return false;
                }

                @Override
                public boolean takesAll() {
                    return true;
                }

                @Override
                public String conflictName(String name, int attempt) {
                    return name + attempt;
                }
            };

    @TempDir private Path place = Path.of("");

    /** The store is making the operations of one upload. */
    private final CountDownLatch making = new CountDownLatch(1);

    /** Another upload is about to write itself down. */
    private final CountDownLatch beginning = new CountDownLatch(1);

    private final AtomicInteger begun = new AtomicInteger();

    private static <T> T fake(Class<T> type, InvocationHandler handler) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static Object server(Method method, Object[] arguments) {
        return switch (method.getName()) {
            case "declare" ->
                    new DeclarationResult(
                            ((Declaration) arguments[1])
                                    .contents().stream()
                                            .map(part ->
                                                    new DeclarationResult.PartResult(
                                                            part.content(), 0, List.of()))
                                            .toList());
            case "apply" ->
                    new OpResults(
                            ((OpBatch) arguments[1])
                                    .ops().stream()
                                            .map(op ->
                                                    new OpResult(op.sequence(), null, null, null))
                                            .toList());
            default -> Void.TYPE;
        };
    }

    /** The real store, at whose doors the two uploads meet. */
    private StateStore meeting(SqliteStore store) {
        return fake(
                StateStore.class,
                (proxy, method, arguments) -> {
                    if (method.getName().equals("putUpload") && begun.incrementAndGet() == 2) {
                        await(making);
                        beginning.countDown();
                    }
                    if (method.getName().equals("putOutbox")) {
                        return store.putOutbox(slowly(arguments[0]));
                    }
                    try {
                        return method.invoke(store, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(10, TimeUnit.SECONDS)).as("the other upload goes on").isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError("interrupted", e);
        }
    }

    private List<LongFunction<Op>> slowly(Object wanted) {
        List<LongFunction<Op>> slow = new ArrayList<>();
        for (Object one : (List<?>) wanted) {
            @SuppressWarnings("unchecked")
            LongFunction<Op> make = (LongFunction<Op>) one;
            slow.add(sequence -> {
                making.countDown();
                await(beginning);
                return make.apply(sequence);
            });
        }
        return slow;
    }

    @Test
    @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void anUploadThatBeginsAndOneThatEndsDoNotWaitForEachOther() throws IOException {
        Path folder = Files.createDirectories(place.resolve("folder"));
        Path own = Files.createDirectories(folder.resolve(FolderDisk.OWN_FOLDER));
        Files.writeString(own.resolve(FolderDisk.MARKER), "marker\n");
        Files.write(folder.resolve("small"), new byte[100]);
        Files.write(folder.resolve("large"), new byte[FastCdc.MIN_BYTES + 1]);
        SyncServer server =
                fake(
                        SyncServer.class,
                        (proxy, method, arguments) ->
                                method.getReturnType() == void.class
                                        ? null
                                        : server(method, arguments));
        try (SqliteStore real = SqliteStore.open(place.resolve("state.db"));
                FolderDisk disk = new FolderDisk(folder, "marker", new Random(1), Instant::now)) {
            StateStore store = meeting(real);
            Context context =
                    new Context(
                            NAMESPACE,
                            disk,
                            server,
                            store,
                            new ThreadWorkers(),
                            Instant::now,
                            new Random(2),
                            NAMING,
                            new Progress());
            Uploader uploader =
                    new Uploader(
                            context,
                            new Outbox(store, server, NAMESPACE, () -> null),
                            new FileHasher(disk, Instant::now));
            List<Workers.Task<List<Uploader.Outcome>>> tasks =
                    uploader.tasks(List.of(job(1, "small", 100), job(2, "large", 300_000)));
            List<Uploader.Outcome> outcomes = new ArrayList<>();
            context.workers().run(tasks, 2, outcomes::addAll);
            assertThat(outcomes).extracting(Uploader.Outcome::sent).hasSize(2).doesNotContainNull();
        }
    }

    private static Uploader.Job job(long node, String path, long size) {
        return new Uploader.Job(
                new Action.UploadEdit(new NodeId(new Id128(2, node)), 1), path, size);
    }
}
