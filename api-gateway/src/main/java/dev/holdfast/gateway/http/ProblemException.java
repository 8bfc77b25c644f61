package dev.holdfast.gateway.http;

import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Refusal;
import org.jspecify.annotations.Nullable;

/** Ends a request with a problem document; made without a stack trace, for it is no defect. */
public final class ProblemException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final transient Refusal refusal;
    private final @Nullable String challenge;
    private final long retryAfterSeconds;

    public ProblemException(Refusal refusal) {
        this(refusal, null, 1);
    }

    public ProblemException(ProblemCode code, String detail) {
        this(Refusal.of(code, detail), null, 1);
    }

    private ProblemException(Refusal refusal, @Nullable String challenge, long retryAfterSeconds) {
        super(refusal.code() + ": " + refusal.detail(), null, false, false);
        this.refusal = refusal;
        this.challenge = challenge;
        this.retryAfterSeconds = retryAfterSeconds;
    }

    /** Too often; the answer carries {@code Retry-After}. */
    public static ProblemException limited(String detail, long retryAfterSeconds) {
        return new ProblemException(
                Refusal.of(ProblemCode.RATE_LIMITED, detail), null, retryAfterSeconds);
    }

    /** No token or a bad one; the answer carries {@code WWW-Authenticate}. */
    public static ProblemException notSignedIn(String detail, String challenge) {
        return new ProblemException(Refusal.of(ProblemCode.NOT_SIGNED_IN, detail), challenge, 1);
    }

    public static ProblemException invalid(String detail) {
        return new ProblemException(ProblemCode.INVALID, detail);
    }

    public Refusal refusal() {
        return refusal;
    }

    /** Value of {@code Retry-After} where the problem is retryable. */
    long retryAfterSeconds() {
        return retryAfterSeconds;
    }

    /** Value of {@code WWW-Authenticate}, where there is one. */
    public @Nullable String challenge() {
        return challenge;
    }
}
