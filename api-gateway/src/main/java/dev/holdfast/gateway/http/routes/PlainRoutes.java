package dev.holdfast.gateway.http.routes;

import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.ProblemException;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.gateway.http.transfer.PlainIntake;
import dev.holdfast.metadata.Caller;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.NodeState;
import io.helidon.http.HeaderNames;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A whole file in one plain body, for scripts. */
public final class PlainRoutes {
    private static final Pattern CONTENT_TAG = Pattern.compile("\"c(\\d{1,18})\"");
    private static final int KEY_CHARS_MAX = 255;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final PlainIntake intake;
    private final InstantSource clock;

    public PlainRoutes(PlainIntake intake, InstantSource clock) {
        this.intake = intake;
        this.clock = clock;
    }

    public List<Route> routes() {
        return List.of(Route.transfer("PUT", "/v1/namespaces/{ns}/files/by-path", this::put));
    }

    private void put(Exchange exchange) throws IOException, InterruptedException {
        Caller caller = exchange.caller();
        NamespaceId ns = NamespaceRoutes.ns(exchange);
        String path = exchange.query("path", text -> text);
        Long base = base(exchange);
        String key = key(exchange.header(Exchange.IDEMPOTENCY_KEY));
        if (key != null && exchange.query("mtime_nanos") == null) {
            throw ProblemException.invalid(
                    "with an Idempotency-Key send mtime_nanos as well: a retry has to be the same"
                            + " request");
        }
        if (key != null && base != null && base == 0) {
            throw ProblemException.invalid(
                    "with an Idempotency-Key If-Match names a version: a retry of * would replace"
                            + " what the first request has stored");
        }
        long now = clock.millis() * NANOS_PER_MILLI;
        PlainIntake.Request request =
                new PlainIntake.Request(
                        caller,
                        ns,
                        path,
                        base,
                        exchange.number("mtime_nanos", now, Long.MIN_VALUE, Long.MAX_VALUE),
                        "true".equals(exchange.query("executable")),
                        exchange.announcedDigest(),
                        key);
        NodeState node = intake.put(request, exchange.stream());
        exchange.set(HeaderNames.ETAG, "\"c" + node.contentRev() + "\"");
        exchange.json(base == null ? 201 : 200, node);
    }

    /** The version to be replaced: null to create, 0 for whichever is current. */
    private static @Nullable Long base(Exchange exchange) {
        String match = exchange.header(HeaderNames.IF_MATCH);
        String none = exchange.header(HeaderNames.IF_NONE_MATCH);
        if ((match == null) == (none == null)) {
            throw new ProblemException(
                    ProblemCode.PRECONDITION_REQUIRED,
                    "say what you expect: If-None-Match: * to create, If-Match: \"cN\" to replace"
                            + " version N, If-Match: * to replace any");
        }
        if (none != null) {
            if (!none.strip().equals("*")) {
                throw ProblemException.invalid("If-None-Match takes * here");
            }
            return null;
        }
        String tag = match == null ? "" : match.strip();
        if (tag.equals("*")) {
            return 0L;
        }
        Matcher matcher = CONTENT_TAG.matcher(tag);
        if (!matcher.matches() || Long.parseLong(matcher.group(1)) == 0) {
            throw ProblemException.invalid(
                    "If-Match takes one tag of a content here, such as \"c3\"");
        }
        return Long.valueOf(matcher.group(1));
    }

    private static @Nullable String key(@Nullable String header) {
        if (header != null && (header.isBlank() || header.length() > KEY_CHARS_MAX)) {
            throw ProblemException.invalid(
                    "Idempotency-Key holds 1 to " + KEY_CHARS_MAX + " characters");
        }
        return header;
    }
}
