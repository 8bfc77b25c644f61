package dev.holdfast.model;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/**
 * Every reason for which the system refuses something, by the word that stands in {@code code} of a
 * problem document and of an operation's result. The text is the constant in lower case with
 * hyphens.
 */
public enum ProblemCode {
    /** The request does not parse, or a value is outside its limits. */
    INVALID(400),
    /** No token, or one that is unknown or revoked. */
    NOT_SIGNED_IN(401),
    /** The caller's role is too weak. */
    FORBIDDEN(403),
    /** There is no such thing, or none that the caller may know of. */
    NOT_FOUND(404),
    METHOD_NOT_ALLOWED(405),
    /** The base content is no longer the current one. */
    CONFLICT(409),
    /** Another live child of that folder has the name. */
    NAME_TAKEN(409),
    /** The folder would become its own descendant. */
    CYCLE(409),
    /** Deeper than {@link Limits#DEPTH_MAX}. */
    TOO_DEEP(409),
    /** Something below the folder changed that the author of the trash had not seen. */
    UNSEEN_CHANGES(409),
    /** An earlier operation of the batch that this one refers to was rejected. */
    DEPENDENCY_FAILED(409),
    /** The content is not complete: chunks are missing, or a part was not declared. */
    CONTENT_INCOMPLETE(409),
    /** The id was already used for something else. */
    ID_REUSED(409),
    /** The node, or a folder above it, is in the trash. */
    GONE(410),
    /** The cursor cannot be continued: list again and merge. */
    CURSOR_RESET(410),
    UPLOAD_EXPIRED(410),
    /** The operation's result is no longer kept. */
    OP_EXPIRED(410),
    PRECONDITION_FAILED(412),
    TOO_LARGE(413),
    UNSUPPORTED_MEDIA_TYPE(415),
    RANGE_NOT_SATISFIABLE(416),
    /** The same operation id with another content. */
    OP_MISMATCH(422),
    /** The bytes do not have the digest or the length they were announced with. */
    DIGEST_MISMATCH(422),
    PRECONDITION_REQUIRED(428),
    RATE_LIMITED(429),
    /** A defect of the server; the log has it under the request id. */
    INTERNAL(500),
    /** FoundationDB or HDFS cannot serve now. */
    UNAVAILABLE(503),
    /** No good copy of the bytes is left; they heal when any device uploads them again. */
    CHUNK_LOST(503),
    QUOTA_EXCEEDED(507),
    /** The server's storage has no room left; its operator has to make some. */
    STORAGE_FULL(507);

    private final int status;
    private final String text;

    ProblemCode(int status) {
        this.status = status;
        this.text = name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The HTTP status that goes with the code. */
    public int status() {
        return status;
    }

    /** True when the same request may succeed later without any change to it. */
    public boolean retryable() {
        return this == RATE_LIMITED
                || this == UNAVAILABLE
                || this == CHUNK_LOST
                || this == STORAGE_FULL;
    }

    /** Reads the wire text; throws {@link IllegalArgumentException} for an unknown one. */
    public static ProblemCode parse(String text) {
        return valueOf(text.toUpperCase(Locale.ROOT).replace('-', '_'));
    }

    /**
     * Reads what another version wrote. A code that is unknown here is a refusal all the same, of
     * which nothing more is known than what its detail says to people: {@link #INVALID}. Codes
     * stand in answers only, so no server takes anything for what it is not.
     */
    @JsonCreator
    static ProblemCode read(String text) {
        for (ProblemCode code : values()) {
            if (code.text.equals(text)) {
                return code;
            }
        }
        return INVALID;
    }

    /** What to make of a problem whose code is unknown, by the status it came with. */
    public static ProblemCode ofStatus(int status, boolean retryable) {
        if (retryable) {
            return status == RATE_LIMITED.status ? RATE_LIMITED : UNAVAILABLE;
        }
        if (status == NOT_SIGNED_IN.status) {
            return NOT_SIGNED_IN;
        }
        if (status == FORBIDDEN.status) {
            return FORBIDDEN;
        }
        return status >= INTERNAL.status ? INTERNAL : INVALID;
    }

    @JsonValue
    @Override
    public String toString() {
        return text;
    }
}
