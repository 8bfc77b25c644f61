package dev.holdfast.embeddedfdb.engine;

import java.util.concurrent.atomic.LongAdder;

/** Counters of one engine, for metrics; totals since it was opened. */
public final class Statistics {
    final LongAdder commits = new LongAdder();
    final LongAdder conflicts = new LongAdder();
    final LongAdder tooOld = new LongAdder();
    final LongAdder failures = new LongAdder();
    final LongAdder groups = new LongAdder();
    final LongAdder readVersions = new LongAdder();
    final LongAdder writtenBytes = new LongAdder();
    final LongAdder syncNanos = new LongAdder();
    volatile long windowBytes;

    /** Transactions committed durably. */
    public long commits() {
        return commits.sum();
    }

    /** Transactions refused with 1020. */
    public long conflicts() {
        return conflicts.sum();
    }

    /** Transactions refused with 1007 at commit. */
    public long tooOld() {
        return tooOld.sum();
    }

    /** Transactions that failed because of the storage. */
    public long failures() {
        return failures.sum();
    }

    /** Groups written, each with one synchronisation of the log. */
    public long groups() {
        return groups.sum();
    }

    /** Read versions handed out. */
    public long readVersions() {
        return readVersions.sum();
    }

    /** Bytes of keys and values written. */
    public long writtenBytes() {
        return writtenBytes.sum();
    }

    /** Nanoseconds spent in writing groups, synchronisation included. */
    public long syncNanos() {
        return syncNanos.sum();
    }

    /** Memory of the conflict window, in bytes. */
    public long windowBytes() {
        return windowBytes;
    }
}
