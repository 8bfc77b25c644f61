package dev.holdfast.embeddedfdb;

import static org.assertj.core.api.Assertions.assertThat;

import com.apple.foundationdb.MutationType;
import com.apple.foundationdb.tuple.Tuple;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One database for many threads at once, virtual ones among them. */
final class SharedDatabaseTest {
    private static final int ROUNDS = 10;
    private static final byte[] CONTENDED = Tuple.from("contended").pack();
    private static final byte[] ADDED = Tuple.from("added").pack();

    @TempDir Path directory;

    private static long number(byte[] value) {
        return value == null ? 0 : ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    private static byte[] bytes(long number) {
        return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(number).array();
    }

    private static void work(EmbeddedDatabase database, int worker) {
        for (int round = 0; round < ROUNDS; round++) {
            byte[] own = Tuple.from("own", worker, round).pack();
            database.run(transaction -> {
                transaction.mutate(MutationType.ADD, ADDED, bytes(1));
                transaction.set(own, own);
                return true;
            });
            assertThat(database.<byte[]>read(reader -> reader.get(own).join())).isEqualTo(own);
            if (worker % 20 == 0) {
                database.run(transaction -> {
                    long before = number(transaction.get(CONTENDED).join());
                    transaction.set(CONTENDED, bytes(before + 1));
                    return true;
                });
            }
        }
    }

    private void work(ExecutorService threads, int workers) throws Exception {
        try (EmbeddedDatabase database = EmbeddedFoundationDb.open(directory);
                threads) {
            List<Future<?>> work = new ArrayList<>();
            for (int worker = 0; worker < workers; worker++) {
                int number = worker;
                work.add(threads.submit(() -> work(database, number)));
            }
            for (Future<?> each : work) {
                each.get(60, TimeUnit.SECONDS);
            }
            assertThat(number(database.read(reader -> reader.get(ADDED).join())))
                    .isEqualTo((long) workers * ROUNDS);
            assertThat(number(database.read(reader -> reader.get(CONTENDED).join())))
                    .isEqualTo((workers + 19L) / 20 * ROUNDS);
        }
    }

    @Test
    void virtualThreadsShareIt() throws Exception {
        work(Executors.newVirtualThreadPerTaskExecutor(), 300);
    }

    @Test
    void platformThreadsShareIt() throws Exception {
        work(Executors.newFixedThreadPool(32), 64);
    }
}
