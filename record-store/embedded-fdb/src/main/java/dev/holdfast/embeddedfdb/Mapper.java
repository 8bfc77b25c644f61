package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.embeddedfdb.engine.FdbError;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The mapper of a mapped range: a tuple whose elements {@code {K[n]}} and {@code {V[n]}} stand for
 * elements of a row's key and value, and whose last may be {@code {...}} for all keys under the
 * mapped one. Doubled braces stand for single ones, and make bytes of a text.
 */
final class Mapper {
    private static final String REST = "{...}";

    /** A number as C reads one: what follows its digits is not looked at. */
    private static final Pattern INDEX = Pattern.compile("\\s*([+-]?[0-9]+)");

    private final List<Object> elements;
    private final boolean range;

    private Mapper(List<Object> elements, boolean range) {
        this.elements = elements;
        this.range = range;
    }

    /**
     * Reads a mapper.
     *
     * @throws dev.holdfast.embeddedfdb.engine.EmbeddedFdbException 2043 or 2032; the latter also
     *     for a range of every key, on which a real storage server ends
     */
    static Mapper of(byte[] packed) {
        List<Object> elements;
        try {
            elements = Tuple.fromBytes(packed).getItems();
        } catch (IllegalArgumentException | IndexOutOfBoundsException noTuple) {
            throw FdbError.MAPPER_NOT_TUPLE.exception();
        }
        int last = elements.size() - 1;
        for (int i = 0; i <= last; i++) {
            if (REST.equals(text(elements.get(i)))) {
                if (i != last || last == 0) {
                    throw FdbError.MAPPER_BAD_RANGE_DESCRIPTOR.exception();
                }
                return new Mapper(elements.subList(0, last), true);
            }
        }
        return new Mapper(elements, false);
    }

    /** Elements of bytes are read as text too, byte by byte; null for others. */
    private static @Nullable String text(Object element) {
        return switch (element) {
            case String text -> text;
            case byte[] bytes -> new String(bytes, StandardCharsets.ISO_8859_1);
            case null, default -> null;
        };
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
            String text = text(element);
            mapped = mapped.addObject(text == null ? element : value(element, text, row));
        }
        return mapped.pack();
    }

    private static Object value(Object element, String text, KeyValue row) {
        String plain = text.replace("{{", "{").replace("}}", "}");
        if (!plain.equals(text)) {
            return element instanceof byte[]
                    ? plain.getBytes(StandardCharsets.ISO_8859_1)
                    : plain.getBytes(StandardCharsets.UTF_8);
        }
        boolean key = text.startsWith("{K[");
        if (text.length() <= 5 || !(key || text.startsWith("{V[")) || !text.endsWith("]}")) {
            return element;
        }
        Matcher index = INDEX.matcher(text.substring(3, text.length() - 2));
        if (!index.lookingAt()) {
            throw FdbError.MAPPER_BAD_INDEX.exception();
        }
        Tuple source;
        try {
            source = Tuple.fromBytes(key ? row.getKey() : row.getValue());
        } catch (IllegalArgumentException | IndexOutOfBoundsException noTuple) {
            throw key ? FdbError.KEY_NOT_TUPLE.exception() : FdbError.VALUE_NOT_TUPLE.exception();
        }
        try {
            return source.get(Integer.parseInt(index.group(1)));
        } catch (IllegalArgumentException | IndexOutOfBoundsException none) {
            throw FdbError.MAPPER_BAD_INDEX.exception();
        }
    }
}
