package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.KeySelector;
import dev.holdfast.embeddedfdb.RangeReader.Chunk;
import dev.holdfast.embeddedfdb.RangeReader.Limits;
import dev.holdfast.embeddedfdb.RangeReader.Selector;
import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.embeddedfdb.engine.Keys;
import dev.holdfast.embeddedfdb.engine.View;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The rules for reading in a transaction: what may be read, what its own writes make of it and
 * which conflict range it leaves. The transaction's lock is held by the caller.
 */
final class TransactionReads {
    private final TransactionCore core;

    TransactionReads(TransactionCore core) {
        this.core = core;
    }

    /** The answer to {@link #get} where it needs no stored value; else null. */
    @Nullable CompletableFuture<byte[]> known(byte[] key, boolean snapshot) {
        if (Keys.compare(key, core.maxReadKey()) >= 0 && !MetadataVersion.isKey(key)) {
            throw FdbError.KEY_OUTSIDE_LEGAL_RANGE.exception();
        }
        if (key.length > Keys.sizeMax(key)) {
            return CompletableFuture.completedFuture(null);
        }
        core.noteRead();
        if (!seesOwnWrites(snapshot)) {
            return null;
        }
        if (!core.settings.bypassUnreadable && core.writes().unreadable().contains(key)) {
            throw FdbError.ACCESSED_UNREADABLE.exception();
        }
        WriteMap.Operations own = core.writes().operationsOn(key);
        if (own != null && !own.isDependent()) {
            return CompletableFuture.completedFuture(own.valueOver(null));
        }
        return own == null && core.writes().cleared().contains(key)
                ? CompletableFuture.completedFuture(null)
                : null;
    }

    /** The value of a key that {@link #known} does not know. */
    byte @Nullable [] get(View at, byte[] key, boolean snapshot) {
        WriteMap.Operations own = seesOwnWrites(snapshot) ? core.writes().operationsOn(key) : null;
        if (!snapshot) {
            core.addReadConflict(key, Keys.after(key));
        }
        byte[] stored = at.get(key);
        return own == null ? stored : own.valueOver(stored);
    }

    void requireLegal(KeySelector selector) {
        if (Keys.compare(selector.getKey(), core.maxReadKey()) > 0) {
            throw FdbError.KEY_OUTSIDE_LEGAL_RANGE.exception();
        }
    }

    byte[] getKey(View at, KeySelector selector, boolean snapshot) {
        byte[] maxKey = core.maxReadKey();
        core.noteRead();
        Selector wanted = Selector.of(selector);
        byte[] found;
        try (MergedRows rows = rows(at, snapshot)) {
            found = RangeReader.resolve(rows, wanted, maxKey);
        }
        if (!snapshot) {
            RangeReader.walked(wanted, found, core::addReadConflict);
        }
        return found;
    }

    /** Whether a range holds nothing whatever is stored. */
    boolean isEmpty(KeySelector begin, KeySelector end) {
        requireLegal(begin);
        requireLegal(end);
        Selector from = Selector.of(begin);
        Selector to = Selector.of(end);
        return from.offset() >= to.offset() && Keys.compare(from.key(), to.key()) >= 0;
    }

    Chunk getRange(
            View at,
            KeySelector begin,
            KeySelector end,
            Limits limits,
            boolean snapshot,
            boolean reverse) {
        byte[] maxKey = core.maxReadKey();
        core.noteRead();
        Selector from = Selector.of(begin);
        Selector to = Selector.of(end);
        BiConsumer<byte[], byte[]> dependsOn = snapshot ? (low, high) -> {} : core::addReadConflict;
        try (MergedRows rows = rows(at, snapshot)) {
            return RangeReader.read(rows, from, to, limits, reverse, maxKey, dependsOn);
        }
    }

    private MergedRows rows(View at, boolean snapshot) {
        WriteMap own = seesOwnWrites(snapshot) ? core.writes() : new WriteMap();
        return new MergedRows(at, own, core.settings.bypassUnreadable);
    }

    private boolean seesOwnWrites(boolean snapshot) {
        return !core.settings.readYourWritesDisabled
                && (!snapshot || core.settings.snapshotReadYourWrites > 0);
    }
}
