package dev.holdfast.embeddedfdb.recordlayer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.async.RankedSet;
import com.apple.foundationdb.record.provider.foundationdb.keyspace.DirectoryLayerDirectory;
import com.apple.foundationdb.record.provider.foundationdb.keyspace.KeySpace;
import com.apple.foundationdb.record.provider.foundationdb.keyspace.KeySpaceDirectory;
import com.apple.foundationdb.record.provider.foundationdb.keyspace.KeySpaceDirectory.KeyType;
import com.apple.foundationdb.record.provider.foundationdb.synchronizedsession.SynchronizedSessionRunner;
import com.apple.foundationdb.subspace.Subspace;
import com.apple.foundationdb.synchronizedsession.SynchronizedSessionLockedException;
import com.apple.foundationdb.tuple.ByteArrayUtil;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.embeddedfdb.SuiteDatabase;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What the Record Layer builds beside records: key spaces, ranked sets and locks. */
final class LayersTest {
    private static final Subspace LOCK = new Subspace(Tuple.from("lock"));
    private static final long LONG_LEASE_MILLIS = Duration.ofMinutes(1).toMillis();
    private static final long SHORT_LEASE_MILLIS = 20;

    private static KeySpace keySpace() {
        return new KeySpace(
                new KeySpaceDirectory("app", KeyType.STRING, "app")
                        .addSubdirectory(
                                new DirectoryLayerDirectory("user")
                                        .addSubdirectory(
                                                new KeySpaceDirectory("year", KeyType.LONG))));
    }

    private static Tuple path(GameStore store, String user, long year) {
        return store.database()
                .run(context ->
                        keySpace()
                                .path("app")
                                .add("user", user)
                                .add("year", year)
                                .toTuple(context));
    }

    @Test
    void namesInAKeySpaceBecomeShortUniqueNumbersAndStayTheSame() throws Exception {
        try (GameStore store = new GameStore();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Tuple>> found = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                String user = "user-" + i % 10;
                found.add(threads.submit(() -> path(store, user, 2026)));
            }
            TreeSet<Long> numbers = new TreeSet<>();
            for (int i = 0; i < found.size(); i++) {
                Tuple path = found.get(i).get();
                assertThat(path.getString(0)).isEqualTo("app");
                assertThat(path.getLong(2)).isEqualTo(2026);
                assertThat(path.equals(found.get(i % 10).get())).isTrue();
                numbers.add(path.getLong(1));
            }
            assertThat(numbers).hasSize(10);
            Tuple known = found.get(3).get();
            Object back =
                    store.database()
                            .run(context ->
                                    keySpace()
                                            .resolveFromKey(context, known)
                                            .getParent()
                                            .getLogicalValue());
            assertThat(back).isEqualTo("user-3");
        }
    }

    @Test
    void aRankedSetAgreesWithASortedSet() {
        Random random = new Random(23);
        TreeSet<byte[]> expected = new TreeSet<>(ByteArrayUtil::compareUnsigned);
        try (SuiteDatabase home = SuiteDatabase.inMemory()) {
            Database database = home.database();
            RankedSet set =
                    new RankedSet(new Subspace(Tuple.from("set")), ForkJoinPool.commonPool());
            set.init(database).join();
            for (int i = 0; i < 400; i++) {
                byte[] item = {(byte) random.nextInt(100)};
                boolean add = random.nextInt(3) > 0;
                boolean changed =
                        add ? set.add(database, item).join() : set.remove(database, item).join();
                assertThat(changed).isEqualTo(add ? expected.add(item) : expected.remove(item));
            }
            assertThat(set.size(database).join()).isEqualTo(expected.size());
            long rank = 0;
            for (byte[] item : expected) {
                assertThat(set.rank(database, item).join()).isEqualTo(rank);
                assertThat(set.getNth(database, rank).join()).isEqualTo(item);
                rank++;
            }
            assertThat(set.getNth(database, rank).join()).isNull();
        }
    }

    private static boolean works(SynchronizedSessionRunner session) {
        return session.run(context -> true, List.of());
    }

    /** A session closes the runner it was made from, so each has its own. */
    private static SynchronizedSessionRunner lock(GameStore store, long leaseMillis) {
        return store.database().newRunner().startSynchronizedSession(LOCK, leaseMillis);
    }

    @Test
    void aLockIsHeldByOneSessionUntilItEnds() {
        try (GameStore store = new GameStore()) {
            try (SynchronizedSessionRunner holder = lock(store, LONG_LEASE_MILLIS)) {
                assertThatThrownBy(() -> lock(store, LONG_LEASE_MILLIS))
                        .isInstanceOf(SynchronizedSessionLockedException.class);
                assertThat(works(holder)).isTrue();
                holder.endSession();
            }
            try (SynchronizedSessionRunner next = lock(store, LONG_LEASE_MILLIS)) {
                assertThat(works(next)).isTrue();
            }
        }
    }

    @Test
    void aLockWhoseLeaseRanOutIsTakenOverAndItsOldHolderStopped() {
        try (GameStore store = new GameStore();
                SynchronizedSessionRunner old = lock(store, SHORT_LEASE_MILLIS);
                SynchronizedSessionRunner next = lockWhenFree(store)) {
            assertThat(works(next)).isTrue();
            assertThatThrownBy(() -> works(old))
                    .isInstanceOf(SynchronizedSessionLockedException.class);
        }
    }

    private static SynchronizedSessionRunner lockWhenFree(GameStore store) {
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (true) {
            try {
                return lock(store, LONG_LEASE_MILLIS);
            } catch (SynchronizedSessionLockedException held) {
                if (System.nanoTime() > deadline) {
                    throw held;
                }
                Thread.onSpinWait();
            }
        }
    }
}
