package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.embeddedfdb.engine.FdbError;
import java.util.List;

/**
 * The mapper of a mapped range: a tuple whose elements {@code {K[n]}} and {@code {V[n]}} stand for
 * elements of a row's key and value, and whose last may be {@code {...}} for all keys under the
 * mapped one. Doubled braces stand for single ones.
 */
final class Mapper {
    private static final String REST = "{...}";

    private final List<Object> elements;
    private final boolean range;

    private Mapper(List<Object> elements, boolean range) {
        this.elements = elements;
        this.range = range;
    }

    /**
     * Reads a mapper.
     *
     * @throws dev.holdfast.embeddedfdb.engine.EmbeddedFdbException 2043 or 2032
     */
    static Mapper of(byte[] packed) {
        List<Object> elements;
        try {
            elements = Tuple.fromBytes(packed).getItems();
        } catch (IllegalArgumentException | IndexOutOfBoundsException noTuple) {
            throw FdbError.MAPPER_NOT_TUPLE.exception();
        }
        int rest = elements.indexOf(REST);
        if (rest >= 0 && rest != elements.size() - 1) {
            throw FdbError.MAPPER_BAD_RANGE_DESCRIPTOR.exception();
        }
        return rest < 0 ? new Mapper(elements, false) : new Mapper(elements.subList(0, rest), true);
    }

    /** Whether a row leads to a range of keys and not to one. */
    boolean isRange() {
        return range;
    }

    /**
     * The key, or the prefix of keys, that a row leads to.
     *
     * @throws dev.holdfast.embeddedfdb.engine.EmbeddedFdbException 2030 when the row has no such
     *     element
     */
    byte[] keyFor(KeyValue row) {
        Tuple mapped = new Tuple();
        for (Object element : elements) {
            mapped = mapped.addObject(element instanceof String text ? value(text, row) : element);
        }
        return mapped.pack();
    }

    private static Object value(String text, KeyValue row) {
        String plain = text.replace("{{", "{").replace("}}", "}");
        if (!plain.equals(text)) {
            return plain;
        }
        boolean key = text.startsWith("{K[");
        if (text.length() <= 5 || !(key || text.startsWith("{V[")) || !text.endsWith("]}")) {
            return text;
        }
        try {
            int index = Integer.parseInt(text.substring(3, text.length() - 2));
            return Tuple.fromBytes(key ? row.getKey() : row.getValue()).get(index);
        } catch (IllegalArgumentException | IndexOutOfBoundsException none) {
            throw FdbError.MAPPER_BAD_INDEX.exception();
        }
    }
}
