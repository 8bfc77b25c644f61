package dev.holdfast.gateway.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.holdfast.chunkstore.ChunkCorruptException;
import dev.holdfast.chunkstore.ChunkDigestException;
import dev.holdfast.chunkstore.ChunkLostException;
import dev.holdfast.chunkstore.ChunkStoreException;
import dev.holdfast.chunkstore.StorageFullException;
import dev.holdfast.chunkstore.StorageUnavailableException;
import dev.holdfast.chunkstore.StorageUnsuitableException;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Refusal;
import dev.holdfast.model.wire.Problem;
import dev.holdfast.model.wire.WireJson;
import io.helidon.http.HttpException;
import io.helidon.http.RequestException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns everything that can end a request into a problem document (RFC 9457). */
public final class Problems {
    public static final String MEDIA_TYPE = "application/problem+json";

    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);
    private static final String TYPE_PREFIX = "urn:holdfast:problem:";

    private Problems() {}

    /** Why the request fails; what nobody expected is logged in full under the request id. */
    static Refusal refusal(Throwable failure, String requestId) {
        return switch (failure) {
            case ProblemException problem -> problem.refusal();
            case ChunkStoreException storage -> storageRefusal(storage, requestId);
            case HttpException http -> ofStatus(http.status().code());
            case RequestException http -> ofStatus(http.status().code());
            default -> {
                if (Outages.isOutage(failure)) {
                    LOG.warn(
                            "request {} failed: storage cannot serve: {}",
                            requestId,
                            text(failure));
                    LOG.debug("request {}", requestId, failure);
                    yield unavailable();
                }
                LOG.error("request {} failed by a defect", requestId, failure);
                yield Refusal.of(
                        ProblemCode.INTERNAL,
                        "a defect of the server; its log says more under this request id");
            }
        };
    }

    /** True when a store could not serve the request now. */
    static boolean isOverload(Throwable failure) {
        return switch (failure) {
            case ProblemException problem -> problem.refusal().code() == ProblemCode.UNAVAILABLE;
            case StorageUnavailableException down -> true;
            default -> Outages.isOutage(failure);
        };
    }

    /** The code for one chunk of many; an outage of one is told in its place. */
    public static ProblemCode codeOf(ChunkStoreException failure) {
        return switch (failure) {
            case ChunkLostException lost -> ProblemCode.CHUNK_LOST;
            case ChunkCorruptException corrupt -> ProblemCode.CHUNK_LOST;
            case ChunkDigestException digest -> ProblemCode.DIGEST_MISMATCH;
            case StorageFullException full -> ProblemCode.STORAGE_FULL;
            case StorageUnavailableException down -> ProblemCode.UNAVAILABLE;
            case StorageUnsuitableException unsuitable -> ProblemCode.UNAVAILABLE;
        };
    }

    private static Refusal storageRefusal(ChunkStoreException failure, String requestId) {
        LOG.warn("request {}: {}", requestId, text(failure));
        ProblemCode code = codeOf(failure);
        return switch (failure) {
            case ChunkLostException lost -> Refusal.of(code, LOST);
            case ChunkCorruptException corrupt -> Refusal.of(code, LOST);
            case ChunkDigestException digest ->
                    Refusal.of(code, "the bytes do not have the SHA-256 they were announced with");
            case StorageFullException full ->
                    Refusal.of(
                            code,
                            "the server's storage has no room left; nothing was stored, and what"
                                    + " was acknowledged is safe; its operator has to make room");
            case StorageUnavailableException down -> unavailable();
            case StorageUnsuitableException unsuitable -> unavailable();
        };
    }

    private static final String LOST =
            "no good copy of these bytes is left; any device that still has them heals them by"
                    + " uploading";

    private static Refusal unavailable() {
        return Refusal.of(
                ProblemCode.UNAVAILABLE, "the server's storage cannot answer now; try again");
    }

    /** What the server below refuses by itself. */
    static Refusal ofStatus(int status) {
        return switch (status) {
            case 400 ->
                    Refusal.of(
                            ProblemCode.INVALID,
                            "the request is not well-formed HTTP: check its line, headers and"
                                    + " lengths");
            case 404 -> Refusal.of(ProblemCode.NOT_FOUND, "there is nothing at this path");
            case 405 -> Refusal.of(ProblemCode.METHOD_NOT_ALLOWED, "not with this method");
            case 413 -> Refusal.of(ProblemCode.TOO_LARGE, "the body is too large");
            case 415 -> Refusal.of(ProblemCode.UNSUPPORTED_MEDIA_TYPE, "not with this media type");
            case 503 -> Refusal.of(ProblemCode.UNAVAILABLE, "the server is busy; try again");
            default ->
                    status >= 500
                            ? Refusal.of(ProblemCode.INTERNAL, "the server failed")
                            : Refusal.of(ProblemCode.INVALID, "the request cannot be served");
        };
    }

    static byte[] document(Refusal refusal, @Nullable String requestId) {
        ProblemCode code = refusal.code();
        Problem problem =
                new Problem(
                        TYPE_PREFIX + code,
                        title(code),
                        code.status(),
                        code,
                        refusal.detail(),
                        code.retryable(),
                        requestId,
                        refusal.current());
        try {
            return WireJson.mapper().writeValueAsBytes(problem);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a problem cannot be written", e);
        }
    }

    private static String title(ProblemCode code) {
        String words = code.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        return Character.toUpperCase(words.charAt(0)) + words.substring(1);
    }

    /** A failure in a line, for a log that must not hold what the user sent. */
    private static String text(Throwable failure) {
        Throwable cause = failure.getCause();
        return failure.getClass().getSimpleName()
                + (cause == null ? "" : " after " + cause.getClass().getSimpleName());
    }
}
