package dev.holdfast.gateway.http;

import io.helidon.webserver.http.ServerRequest;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/** Gives each request an id; one that a proxy gave is kept when it is harmless to log. */
final class RequestIds {
    private static final int CHARS_MAX = 64;

    private RequestIds() {}

    static String of(ServerRequest request) {
        String given = request.headers().first(Exchange.REQUEST_ID).orElse("");
        return isHarmless(given) ? given : fresh();
    }

    static String fresh() {
        return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    }

    private static boolean isHarmless(String text) {
        if (text.isEmpty() || text.length() > CHARS_MAX) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            char letter = text.charAt(i);
            boolean known =
                    (letter >= 'a' && letter <= 'z')
                            || (letter >= 'A' && letter <= 'Z')
                            || (letter >= '0' && letter <= '9')
                            || letter == '-'
                            || letter == '_';
            if (!known) {
                return false;
            }
        }
        return true;
    }
}
