package dev.holdfast.gateway.http;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.ServerResponse;
import java.util.ArrayList;
import java.util.List;

/**
 * Headers of every answer, for the day a browser meets one: nothing here is to be sniffed, framed,
 * executed, embedded by another site or sent on as a referrer. There are no CORS headers: other
 * sites' scripts cannot read answers.
 */
final class StandardHeaders {
    private static final List<Header> PLAIN =
            List.of(
                    cached("X-Content-Type-Options", "nosniff"),
                    cached("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
                    cached("Cross-Origin-Resource-Policy", "same-origin"),
                    cached("Referrer-Policy", "no-referrer"));

    private final List<Header> headers;

    /**
     * The headers of a listener.
     *
     * @param secure adds that browsers are to use TLS here for the next year
     */
    StandardHeaders(boolean secure) {
        List<Header> all = new ArrayList<>(PLAIN);
        if (secure) {
            all.add(cached("Strict-Transport-Security", "max-age=31536000"));
        }
        headers = List.copyOf(all);
    }

    void set(ServerResponse response) {
        for (Header header : headers) {
            response.header(header);
        }
    }

    private static Header cached(String name, String value) {
        return HeaderValues.createCached(HeaderNames.create(name), value);
    }
}
