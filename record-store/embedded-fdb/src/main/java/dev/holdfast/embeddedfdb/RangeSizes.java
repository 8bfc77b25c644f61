package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.KeyArrayResult;
import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.embeddedfdb.engine.Keys;
import dev.holdfast.embeddedfdb.engine.View;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** How large ranges are and where to cut them. */
final class RangeSizes {
    private RangeSizes() {}

    /** Approximate bytes stored in a range; like the real one's, for planning, not for counting. */
    static CompletableFuture<Long> estimate(TransactionCore core, byte[] begin, byte[] end) {
        if (Keys.compare(begin, end) > 0) {
            return CompletableFuture.failedFuture(FdbError.INVERTED_RANGE.exception());
        }
        return core.aboutNow(() -> core.engine.approximateBytes(begin, end));
    }

    /**
     * Keys that cut a range into parts of about a size, its own bounds included. The rows are
     * walked, in the transaction's executor.
     */
    static CompletableFuture<KeyArrayResult> split(
            TransactionCore core, byte[] begin, byte[] end, long chunkBytes) {
        if (Keys.compare(begin, end) > 0) {
            return CompletableFuture.failedFuture(FdbError.INVERTED_RANGE.exception());
        }
        return core.aboutNow(
                        () -> {
                            byte[] maxKey = core.maxReadKey();
                            if (Keys.compare(begin, maxKey) > 0 || Keys.compare(end, maxKey) > 0) {
                                throw FdbError.KEY_OUTSIDE_LEGAL_RANGE.exception();
                            }
                            return core.engine.latest();
                        })
                .thenApplyAsync(
                        view -> NativeClient.keys(points(view, begin, end, chunkBytes)),
                        core.executor);
    }

    private static List<byte[]> points(View view, byte[] begin, byte[] end, long chunkBytes) {
        List<byte[]> points = new ArrayList<>();
        points.add(begin);
        long bytes = 0;
        try (View.Cursor rows = view.cursor()) {
            rows.seek(begin);
            byte[] key = rows.key();
            while (key != null && Keys.compare(key, end) < 0) {
                if (chunkBytes > 0 && bytes >= chunkBytes) {
                    points.add(key);
                    bytes = 0;
                }
                bytes += key.length + rows.value().length;
                rows.next();
                key = rows.key();
            }
        }
        points.add(end);
        return points;
    }
}
