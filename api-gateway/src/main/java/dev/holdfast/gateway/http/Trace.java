package dev.holdfast.gateway.http;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which trace a request belongs to (W3C Trace Context, version 00): the caller's where it named
 * one, else a new one. The span is this server's part of it.
 *
 * @param traceId 32 lower-case hexadecimal digits, not all zero
 * @param spanId 16 of them
 * @param parentId the caller's span; null where the trace begins here
 */
record Trace(String traceId, String spanId, @Nullable String parentId) {
    private static final int HEADER_CHARS_MAX = 256;

    /** Later versions may append parts; what they share with this one is read (section 3.2.4). */
    private static final Pattern PARENT =
            Pattern.compile("([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?");

    private static final String NO_TRACE = "0".repeat(32);
    private static final String NO_SPAN = "0".repeat(16);

    /** The trace that a {@code traceparent} header names; one that is malformed is ignored. */
    static Trace of(@Nullable String header) {
        if (header == null || header.length() > HEADER_CHARS_MAX) {
            return fresh();
        }
        Matcher matcher = PARENT.matcher(header.strip());
        if (!matcher.matches()) {
            return fresh();
        }
        String version = matcher.group(1);
        boolean known =
                !version.equals("ff")
                        && !(version.equals("00") && matcher.group(5) != null)
                        && !matcher.group(2).equals(NO_TRACE)
                        && !matcher.group(3).equals(NO_SPAN);
        return known ? new Trace(matcher.group(2), hex(), matcher.group(3)) : fresh();
    }

    private static Trace fresh() {
        return new Trace(hex() + hex(), hex(), null);
    }

    /** 16 digits that are not all zero; ids of traces are no secrets. */
    private static String hex() {
        long bits = 0;
        while (bits == 0) {
            bits = ThreadLocalRandom.current().nextLong();
        }
        return HexFormat.of().toHexDigits(bits);
    }
}
