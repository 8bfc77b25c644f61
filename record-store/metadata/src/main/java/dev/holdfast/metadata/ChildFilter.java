package dev.holdfast.metadata;

import com.apple.foundationdb.record.EndpointType;
import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.model.Names;
import dev.holdfast.model.wire.NodeKind;
import org.jspecify.annotations.Nullable;

/**
 * Which children of a folder are listed.
 *
 * @param prefix only names that begin with it, both normalised; all names when it is empty
 * @param kind only nodes of this kind; all kinds when it is null
 */
public record ChildFilter(String prefix, @Nullable NodeKind kind) {
    public static final ChildFilter ALL = new ChildFilter("", null);

    /** Why no name begins with the prefix, as the end of a sentence; null when one can. */
    @Nullable String fault() {
        boolean begun = prefix.isEmpty() || prefix.equals(".") || prefix.equals("..");
        return begun ? null : Names.fault(prefix);
    }

    boolean lists(NodeKind of) {
        return kind == null || kind == of;
    }

    /** The names of a folder, of which the keys begin with {@code folder}, that are listed. */
    TupleRange names(Tuple folder) {
        if (prefix.isEmpty()) {
            return TupleRange.allOf(folder);
        }
        String first = Names.nameKey(prefix);
        @Nullable String behind = behind(first);
        return new TupleRange(
                folder.add(first),
                behind == null ? folder : folder.add(behind),
                EndpointType.RANGE_INCLUSIVE,
                behind == null ? EndpointType.RANGE_INCLUSIVE : EndpointType.RANGE_EXCLUSIVE);
    }

    /** The first name behind all that begin like this, in the order of UTF-8; null for none. */
    private static @Nullable String behind(String prefix) {
        int[] points = prefix.codePoints().toArray();
        for (int last = points.length - 1; last >= 0; last--) {
            if (points[last] < Character.MAX_CODE_POINT) {
                int next = points[last] + 1;
                boolean surrogate = next == Character.MIN_SURROGATE;
                points[last] = surrogate ? Character.MAX_SURROGATE + 1 : next;
                return new String(points, 0, last + 1);
            }
        }
        return null;
    }
}
