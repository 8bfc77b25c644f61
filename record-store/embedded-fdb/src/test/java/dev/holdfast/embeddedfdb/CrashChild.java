package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.tuple.Tuple;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The process that {@link CrashLoopTest} kills: workers commit numbered transactions of several
 * rows and print a number once its commit was acknowledged.
 */
final class CrashChild {
    static final int WORKERS = 4;
    static final int ROWS = 3;

    private CrashChild() {}

    /** Runs until it is killed, or for a minute at most. */
    public static void main(String[] arguments) throws InterruptedException {
        Database database = EmbeddedFoundationDb.open(Path.of(arguments[0]));
        System.out.println("ready");
        long end = System.nanoTime() + 60_000_000_000L;
        List<Thread> workers = new ArrayList<>();
        for (int worker = 0; worker < WORKERS; worker++) {
            int number = worker;
            workers.add(Thread.ofPlatform().start(() -> work(database, number, end)));
        }
        for (Thread worker : workers) {
            worker.join();
        }
        database.close();
    }

    static byte[] lastKey(long worker) {
        return Tuple.from("last", worker).pack();
    }

    static byte[] rowKey(long worker, long number, long row) {
        return Tuple.from("row", worker, number, row).pack();
    }

    private static void work(Database database, int worker, long end) {
        while (System.nanoTime() < end) {
            long number =
                    database.run(transaction -> {
                        byte[] last = transaction.get(lastKey(worker)).join();
                        long next = last == null ? 1 : Tuple.fromBytes(last).getLong(0) + 1;
                        for (int row = 0; row < ROWS; row++) {
                            transaction.set(rowKey(worker, next, row), new byte[200 * (row + 1)]);
                        }
                        transaction.set(lastKey(worker), Tuple.from(next).pack());
                        return next;
                    });
            System.out.println(worker + " " + number);
        }
    }
}
