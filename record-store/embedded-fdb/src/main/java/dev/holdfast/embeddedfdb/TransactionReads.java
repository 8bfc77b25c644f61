package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import dev.holdfast.embeddedfdb.RangeReader.Chunk;
import dev.holdfast.embeddedfdb.RangeReader.Limits;
import dev.holdfast.embeddedfdb.RangeReader.Request;
import dev.holdfast.embeddedfdb.RangeReader.Selector;
import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.embeddedfdb.engine.Keys;
import dev.holdfast.embeddedfdb.engine.Stored;
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
        if (key.length > Keys.readSizeMax(key)) {
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

    /** The read of a key that {@link #known} does not know. */
    Read<byte[]> get(byte[] key, boolean snapshot) {
        boolean merged = seesOwnWrites(snapshot);
        return new Read<>() {
            @Override
            public byte @Nullable [] from(
                    Stored stored, WriteMap own, BiConsumer<byte[], byte[]> dependsOn) {
                byte[] value = stored.get(key);
                if (!snapshot) {
                    dependsOn.accept(key, Keys.after(key));
                }
                WriteMap.Operations operations = merged ? own.operationsOn(key) : null;
                return operations == null ? value : operations.valueOver(value);
            }

            @Override
            public WriteMap kept(WriteMap own) {
                return own.copyOf(key);
            }
        };
    }

    void requireLegal(KeySelector selector) {
        if (Keys.compare(selector.getKey(), core.maxReadKey()) > 0) {
            throw FdbError.KEY_OUTSIDE_LEGAL_RANGE.exception();
        }
    }

    Read<byte[]> getKey(KeySelector selector, boolean snapshot) {
        byte[] maxKey = core.maxReadKey();
        Selector wanted = Selector.of(selector);
        boolean merged = seesOwnWrites(snapshot);
        return (stored, own, dependsOn) -> {
            byte[] found;
            try (MergedRows rows = new MergedRows(stored, merged ? own : new WriteMap())) {
                found = RangeReader.resolve(rows, wanted, maxKey);
            }
            if (!snapshot) {
                RangeReader.walked(wanted, found, dependsOn);
            }
            return found.clone();
        };
    }

    /** Whether a range holds nothing whatever is stored. */
    boolean isEmpty(KeySelector begin, KeySelector end) {
        requireLegal(begin);
        requireLegal(end);
        Selector from = Selector.of(begin);
        Selector to = Selector.of(end);
        return from.offset() >= to.offset() && Keys.compare(from.key(), to.key()) >= 0;
    }

    Read<Chunk<KeyValue>> getRange(
            KeySelector begin, KeySelector end, Limits limits, boolean snapshot, boolean reverse) {
        boolean throughClient = !core.settings.readYourWritesDisabled;
        Request request =
                new Request(
                        Selector.of(begin),
                        Selector.of(end),
                        limits,
                        reverse,
                        core.maxReadKey(),
                        throughClient);
        boolean merged = seesOwnWrites(snapshot);
        return (stored, own, dependsOn) -> {
            try (MergedRows rows = new MergedRows(stored, merged ? own : new WriteMap())) {
                return RangeReader.read(rows, request, snapshot ? null : dependsOn);
            }
        };
    }

    private boolean seesOwnWrites(boolean snapshot) {
        return !core.settings.readYourWritesDisabled
                && (!snapshot || core.settings.snapshotReadYourWrites > 0);
    }
}
