package dev.holdfast.embeddedfdb.bindingtester;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.FDB;
import com.apple.foundationdb.KeyValue;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * The cluster that {@code HOLDFAST_FDB_CLUSTER_FILE} names. Programs use the whole key space, so it
 * must be empty: a cluster with anybody's rows in it is refused, and nothing in it is touched.
 */
public final class RealCluster implements AutoCloseable {
    static final String VARIABLE = "HOLDFAST_FDB_CLUSTER_FILE";
    private static final int API_VERSION = 710;
    private static final int RUNS_MAX = 5;
    private static final byte[] END = {(byte) 0xff};

    private final Database database;

    private RealCluster(Database database) {
        this.database = database;
    }

    /** Opens the cluster, or skips the test and says so where nobody can miss it. */
    public static RealCluster openOrSkip(String test) {
        String file = System.getenv(VARIABLE);
        if (file == null || file.isBlank()) {
            String message =
                    "SKIPPED: "
                            + test
                            + " did not compare with a real FoundationDB cluster. Set "
                            + VARIABLE
                            + " to the cluster file of an EMPTY cluster to run it.";
            System.err.println("*".repeat(message.length()));
            System.err.println(message);
            System.err.println("*".repeat(message.length()));
            Assumptions.abort(message);
        }
        return open(file);
    }

    /** Opens the cluster; null where none is named. */
    public static @Nullable RealCluster openIfNamed() {
        String file = System.getenv(VARIABLE);
        return file == null || file.isBlank() ? null : open(file);
    }

    private static RealCluster open(String file) {
        Database database = FDB.selectAPIVersion(API_VERSION).open(file);
        List<KeyValue> present =
                database.read(reader -> reader.getRange(new byte[0], END, 1).asList().join());
        if (!present.isEmpty()) {
            database.close();
            throw new IllegalStateException(
                    "The cluster of "
                            + file
                            + " is not empty. The programs use its whole key space: give them an"
                            + " empty cluster, or clear this one if nothing in it is needed.");
        }
        return new RealCluster(database);
    }

    public Database database() {
        return database;
    }

    /** Runs a program; again where the cluster was too busy to give what it otherwise would. */
    Outcome outcome(Program program) {
        for (int run = 1; ; run++) {
            try {
                Outcome outcome = Outcome.of(new BindingTarget(database), program);
                if (run == RUNS_MAX || !outcome.disturbed()) {
                    return outcome;
                }
            } finally {
                clear();
            }
        }
    }

    /** Empties the cluster. */
    public void clear() {
        database.run(transaction -> {
            transaction.clear(new byte[0], END);
            return true;
        });
    }

    @Override
    public void close() {
        database.close();
    }
}
