package dev.holdfast.embeddedfdb;

import dev.holdfast.embeddedfdb.engine.KeyRangeSet;
import java.util.ArrayList;
import java.util.List;

/**
 * The ranges that a transaction's commit is checked for. A read only appends its own; they are
 * ordered and merged when somebody asks for them, which for transactions that only read is never.
 * So that reading the same keys over and over stays bounded, they are merged now and then, too.
 *
 * <p>Not thread-safe; the transaction's lock guards it.
 */
final class ReadRanges {
    private static final int APPENDED_MAX = 1_024;

    private final KeyRangeSet merged = new KeyRangeSet();
    private final List<byte[]> appended = new ArrayList<>();

    /** Adds {@code [begin, end)}, which must not be changed afterwards. */
    void add(byte[] begin, byte[] end) {
        appended.add(begin);
        appended.add(end);
        if (appended.size() >= 2 * APPENDED_MAX) {
            merge();
        }
    }

    /** All ranges, disjoint and in order. */
    KeyRangeSet merged() {
        merge();
        return merged;
    }

    private void merge() {
        for (int i = 0; i < appended.size(); i += 2) {
            merged.add(appended.get(i), appended.get(i + 1));
        }
        appended.clear();
    }
}
