package dev.holdfast.gateway.http;

import dev.holdfast.metadata.Caller;
import dev.holdfast.model.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Takes the bearer token out of a request. A device's token is 32 random bytes as base64url without
 * padding; only its hash goes any further, and whether it is a known one is decided in the
 * transaction that serves the request.
 */
public final class BearerTokens {
    /** Characters of 32 bytes in base64url without padding. */
    public static final int TOKEN_CHARS = 43;

    private static final String SCHEME = "bearer ";
    private static final String CHALLENGE = "Bearer realm=\"holdfast\"";
    private static final String CHALLENGE_INVALID = CHALLENGE + ", error=\"invalid_token\"";

    private BearerTokens() {}

    /** The caller that an {@code Authorization} header names. */
    static Caller caller(@Nullable String authorization) {
        String token = token(authorization);
        if (token.length() != TOKEN_CHARS || !isBase64Url(token)) {
            throw unknown();
        }
        return new Caller(hash(token));
    }

    /** The token of an {@code Authorization} header, whatever its form. */
    static String token(@Nullable String authorization) {
        if (authorization == null) {
            throw ProblemException.notSignedIn(
                    "this request needs a token: send Authorization: Bearer TOKEN", CHALLENGE);
        }
        if (!authorization.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
            throw ProblemException.notSignedIn(
                    "only bearer tokens are known here: send Authorization: Bearer TOKEN",
                    CHALLENGE);
        }
        return authorization.substring(SCHEME.length()).strip();
    }

    static ProblemException unknown() {
        return ProblemException.notSignedIn(
                "the token is unknown or revoked; link the device again", CHALLENGE_INVALID);
    }

    /** What the server keeps of a token. */
    public static Sha256 hash(String token) {
        return Sha256.hash(token.getBytes(StandardCharsets.US_ASCII));
    }

    static String challenge() {
        return CHALLENGE_INVALID;
    }

    private static boolean isBase64Url(String token) {
        for (int i = 0; i < token.length(); i++) {
            char letter = token.charAt(i);
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
