package dev.holdfast.gateway.http.transfer;

import dev.holdfast.gateway.http.ProblemException;
import dev.holdfast.model.ProblemCode;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A part of a file, as {@code Range} asks for it (RFC 9110, section 14).
 *
 * @param from first byte
 * @param to the byte after the last; equal to {@code from} only in an empty file
 */
public record ByteRange(long from, long to) {
    private static final Pattern ONE = Pattern.compile("bytes=\\s*(\\d{0,40})-(\\d{0,40})\\s*");

    /** Bytes in the range. */
    public long length() {
        return to - from;
    }

    /**
     * The one range a header asks for; null when the whole is to be sent: no header, another unit,
     * or several ranges, which a server may answer with the whole.
     *
     * @throws ProblemException when no byte of the file is in the range
     */
    public static @Nullable ByteRange parse(@Nullable String header, long size) {
        if (header == null) {
            return null;
        }
        Matcher matcher = ONE.matcher(header);
        if (!matcher.matches()) {
            return null;
        }
        String first = matcher.group(1);
        String last = matcher.group(2);
        if (first.isEmpty() && last.isEmpty()) {
            return null;
        }
        if (first.isEmpty()) {
            long suffix = number(last);
            if (suffix == 0 || size == 0) {
                throw unsatisfiable(size);
            }
            return new ByteRange(Math.max(0, size - suffix), size);
        }
        long from = number(first);
        long to = last.isEmpty() ? Long.MAX_VALUE : number(last);
        if (to < from) {
            return null;
        }
        if (from >= size) {
            throw unsatisfiable(size);
        }
        return new ByteRange(from, Math.min(size - 1, to) + 1);
    }

    private static long number(String digits) {
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }

    private static ProblemException unsatisfiable(long size) {
        return new ProblemException(
                ProblemCode.RANGE_NOT_SATISFIABLE, "the file has " + size + " bytes");
    }
}
