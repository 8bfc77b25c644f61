package dev.holdfast.embeddedfdb.bindingtester;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * What a database must do, as plainly as it can be said: every version is a whole copy of the rows,
 * every commit a list of ranges, and nothing is clever. Fit for small programs only.
 */
final class ModelTarget implements Target {
    private static final int RETRIES_MAX = 1_000;

    /** Ranges written by the commit of a version. */
    record Written(long version, List<Interval> ranges) {}

    /** A half-open range of keys; compared by nobody. */
    @SuppressWarnings("ArrayRecordComponent")
    record Interval(byte[] begin, byte[] end) {
        boolean holds(byte[] key) {
            return Arrays.compareUnsigned(begin, key) <= 0 && Arrays.compareUnsigned(key, end) < 0;
        }
    }

    private final TreeMap<Long, NavigableMap<byte[], byte[]>> versions = new TreeMap<>();
    private final List<Written> history = new ArrayList<>();

    ModelTarget() {
        versions.put(1_000L, rows());
    }

    static NavigableMap<byte[], byte[]> rows() {
        return new TreeMap<>(Arrays::compareUnsigned);
    }

    synchronized long latestVersion() {
        return versions.lastKey();
    }

    /** The rows at a version; not to be changed. */
    synchronized NavigableMap<byte[], byte[]> at(long version) {
        Map.Entry<Long, NavigableMap<byte[], byte[]>> entry = versions.floorEntry(version);
        if (entry == null) {
            throw new ModelError(1007);
        }
        return entry.getValue();
    }

    /** What was written after a version, by commit. */
    synchronized List<Written> writtenAfter(long version) {
        return history.stream().filter(written -> written.version() > version).toList();
    }

    /**
     * Makes a version of the session's writes if its reads still hold.
     *
     * @return the version
     */
    synchronized long commit(ModelSession session) {
        session.requireNoConflict();
        long version = latestVersion() + 1_000;
        NavigableMap<byte[], byte[]> rows = rows();
        rows.putAll(at(latestVersion()));
        List<Interval> written = session.applyTo(rows, version);
        versions.put(version, rows);
        history.add(new Written(version, written));
        return version;
    }

    @Override
    public Session begin() {
        return new ModelSession(this);
    }

    @Override
    public <T> T run(Function<Session, T> body) {
        for (int retry = 0; retry < RETRIES_MAX; retry++) {
            Session session = begin();
            try {
                T result = body.apply(session);
                session.commit().join();
                return result;
            } catch (RuntimeException failure) {
                var error = Errors.find(failure);
                if (error == null || !ModelError.retried(error.getCode())) {
                    throw failure;
                }
                Thread.onSpinWait();
            }
        }
        throw new IllegalStateException("still failing after " + RETRIES_MAX + " retries");
    }
}
