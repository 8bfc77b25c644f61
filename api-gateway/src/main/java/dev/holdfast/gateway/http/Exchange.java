package dev.holdfast.gateway.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.holdfast.metadata.Caller;
import dev.holdfast.model.Answer;
import dev.holdfast.model.Limits;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Refusal;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.WireJson;
import io.helidon.http.Header;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer, as a route sees them: everything that is read is checked, and what
 * does not pass ends the request with a problem. For one thread.
 */
public final class Exchange {
    public static final HeaderName CONTENT_DIGEST = HeaderNames.create("Content-Digest");
    public static final HeaderName IDEMPOTENCY_KEY = HeaderNames.create("Idempotency-Key");
    static final HeaderName REQUEST_ID = HeaderNames.create("X-Request-Id");
    public static final String JSON = "application/json";
    public static final String FRAMES = "application/vnd.holdfast.frames";

    private static final Pattern SHA256_DIGEST =
            Pattern.compile("(?:^|,)\\s*sha-256=:([A-Za-z0-9+/=]{43,44}):");

    private static final Header JSON_TYPE =
            HeaderValues.createCached(HeaderNames.CONTENT_TYPE, JSON);
    private static final Header NO_STORE =
            HeaderValues.createCached(HeaderNames.CACHE_CONTROL, "no-store");

    /** What of an unread body is read away so that the client hears the answer. */
    private static final long DRAIN_BYTES_MAX = 72L << 20;

    private static final int DRAIN_BUFFER_BYTES = 16 << 10;

    private final ServerRequest request;
    private final ServerResponse response;
    private final String requestId;
    private final StallGuard.Watch watch;
    private final Patience patience;
    private final StandardHeaders standard;
    private final List<Header> lasting = new ArrayList<>();
    private @Nullable InputStream body;
    private @Nullable Caller caller;

    Exchange(
            ServerRequest request,
            ServerResponse response,
            String requestId,
            StandardHeaders standard,
            StallGuard.Watch watch,
            Patience patience) {
        this.request = request;
        this.response = response;
        this.requestId = requestId;
        this.standard = standard;
        this.watch = watch;
        this.patience = patience;
        lasting(HeaderValues.create(REQUEST_ID, requestId));
        standard.set(response);
    }

    /**
     * How long a client may do nothing.
     *
     * @param idle before the first byte of a connection, its handshake and each request's first
     *     line
     * @param headers from a request's first line to the end of its headers
     * @param read until the next bytes of a body have come
     * @param write until the client has taken what was written
     */
    public record Patience(Duration idle, Duration headers, Duration read, Duration write) {
        public static Patience usual() {
            return new Patience(
                    Duration.ofMinutes(2),
                    Duration.ofSeconds(20),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(60));
        }
    }

    /** Where the client is, as far as the connection shows it. */
    public String clientAddress() {
        return request.remotePeer().host();
    }

    public String requestId() {
        return requestId;
    }

    /** The device that asks, by its token; whether there is one, the transaction decides. */
    public Caller caller() {
        if (caller == null) {
            caller = BearerTokens.caller(header(HeaderNames.AUTHORIZATION));
        }
        return caller;
    }

    /** Hash of the token that was shown, whether or not it is one; null where there is none. */
    @Nullable Sha256 tokenHash() {
        try {
            return header(HeaderNames.AUTHORIZATION) == null ? null : caller().tokenHash();
        } catch (ProblemException e) {
            // The route says what is wrong with it, where it wants one at all.
            return null;
        }
    }

    /** The bearer token as text, for what is not a device's. */
    public String bearer() {
        return BearerTokens.token(header(HeaderNames.AUTHORIZATION));
    }

    /** A parameter of the path, read by a parser that refuses with IllegalArgumentException. */
    public <T> T path(String name, Function<String, T> parser) {
        return parse(name, request.path().pathParameters().get(name), parser);
    }

    /** A parameter of the query, absent or given once. */
    public @Nullable String query(String name) {
        List<String> values = request.query().all(name, List::of);
        if (values.size() > 1) {
            throw ProblemException.invalid("give " + name + " once");
        }
        return values.isEmpty() ? null : values.getFirst();
    }

    /** A parameter of the query that has to be there. */
    public <T> T query(String name, Function<String, T> parser) {
        String text = query(name);
        if (text == null) {
            throw ProblemException.invalid("the request needs ?" + name + "=");
        }
        return parse(name, text, parser);
    }

    /** A whole number of the query within bounds, or the default where it is absent. */
    public long number(String name, long fallback, long min, long max) {
        String text = query(name);
        if (text == null) {
            return fallback;
        }
        long number = parse(name, text, Long::parseLong);
        if (number < min || number > max) {
            throw ProblemException.invalid(name + " is a whole number, " + min + " to " + max);
        }
        return number;
    }

    public @Nullable String header(HeaderName name) {
        return request.headers().first(name).orElse(null);
    }

    /** Bytes of the body, or empty where the client did not say. */
    public Optional<Long> contentLength() {
        var length = request.headers().contentLength();
        return length.isPresent() ? Optional.of(length.getAsLong()) : Optional.empty();
    }

    /** The body as a wire record. */
    public <T> T body(Class<T> type) {
        requireType(JSON);
        return JsonBodies.parse(bytes(Limits.JSON_BODY_BYTES_MAX), type);
    }

    /** The whole body, at most so many bytes. */
    public byte[] bytes(int max) {
        long announced = contentLength().orElse(-1L);
        if (announced > max) {
            throw tooLarge(max);
        }
        byte[] bytes;
        try {
            bytes = announced >= 0 ? stream().readNBytes((int) announced) : unannounced(max);
        } catch (IOException e) {
            throw new CutBodyException(e);
        }
        Sha256 digest = announcedDigest();
        if (digest != null && !digest.equals(Sha256.hash(bytes))) {
            throw new ProblemException(
                    ProblemCode.DIGEST_MISMATCH,
                    "the body does not have the SHA-256 that Content-Digest names");
        }
        return bytes;
    }

    /** The SHA-256 that the body was announced with; null where there is none. */
    public @Nullable Sha256 announcedDigest() {
        String header = header(CONTENT_DIGEST);
        Matcher matcher = header == null ? null : SHA256_DIGEST.matcher(header);
        if (matcher == null || !matcher.find()) {
            return null;
        }
        try {
            return Sha256.of(Base64.getDecoder().decode(matcher.group(1)));
        } catch (IllegalArgumentException e) {
            throw ProblemException.invalid("Content-Digest: a SHA-256 is 32 bytes in base64");
        }
    }

    private byte[] unannounced(int max) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] buffer = new byte[DRAIN_BUFFER_BYTES];
        int read = stream().read(buffer);
        while (read >= 0) {
            bytes.write(buffer, 0, read);
            if (bytes.size() > max) {
                throw tooLarge(max);
            }
            read = stream().read(buffer);
        }
        return bytes.toByteArray();
    }

    /** The body; reading throws EOFException when the client goes away before its end. */
    public InputStream stream() {
        if (body == null) {
            body =
                    request.content().hasEntity()
                            ? new BodyStream(
                                    request.content().inputStream(),
                                    watch,
                                    patience.read(),
                                    contentLength().orElse(-1L),
                                    !isFirstVersion())
                            : InputStream.nullInputStream();
        }
        return body;
    }

    /**
     * Reads away what is left of the body, within bounds: closing a connection with unread bytes in
     * it would reset it, and the client might never see why it was refused. False when some is
     * left.
     */
    boolean drained() {
        if (!request.content().hasEntity() || request.content().consumed()) {
            return true;
        }
        boolean awaitsContinue =
                request.headers().containsToken(HeaderValues.EXPECT_100) && !request.continueSent();
        if (awaitsContinue || contentLength().orElse(0L) > DRAIN_BYTES_MAX) {
            return false;
        }
        try {
            byte[] buffer = new byte[DRAIN_BUFFER_BYTES];
            long left = DRAIN_BYTES_MAX;
            int read = stream().read(buffer);
            while (read >= 0 && left > 0) {
                left -= read;
                read = stream().read(buffer);
            }
            return read < 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** Refuses a body of another type; a body without a type is taken at its word. */
    public void requireType(String type) {
        String given = header(HeaderNames.CONTENT_TYPE);
        if (given == null) {
            return;
        }
        int end = given.indexOf(';');
        String plain = (end < 0 ? given : given.substring(0, end)).strip().toLowerCase(Locale.ROOT);
        if (!plain.equals(type)) {
            throw new ProblemException(
                    ProblemCode.UNSUPPORTED_MEDIA_TYPE, "send the body as Content-Type: " + type);
        }
    }

    /** The value of an answer; a refusal ends the request. */
    public static <T> T granted(Answer<T> answer) {
        return switch (answer) {
            case Answer.Ok<T> ok -> ok.value();
            case Answer.Refused<T> refused -> throw new ProblemException(refused.refusal());
        };
    }

    public Exchange set(HeaderName name, String value) {
        response.header(HeaderValues.create(name, value));
        return this;
    }

    /** A header that stays even when the request ends with a problem. */
    public void lasting(HeaderName name, String value) {
        lasting(HeaderValues.create(name, value));
    }

    void lasting(Header header) {
        lasting.add(header);
        response.header(header);
    }

    /** Bytes of the answer's body, where the body itself is not sent. */
    public void length(long bytes) {
        response.contentLength(bytes);
    }

    /** Answers with a wire record. */
    public void json(int status, Object body) {
        response.status(Status.create(status));
        response.header(JSON_TYPE);
        response.header(NO_STORE);
        try {
            send(WireJson.mapper().writeValueAsBytes(body));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a wire record cannot be written", e);
        }
    }

    public void json(Object body) {
        json(Status.OK_200.code(), body);
    }

    /** Answers without a body. */
    public void empty(int status) {
        response.status(Status.create(status));
        response.send();
    }

    /** Answers with bytes at hand. */
    public void bytes(int status, String type, byte[] body) {
        response.status(Status.create(status));
        set(HeaderNames.CONTENT_TYPE, type);
        send(body);
    }

    private void send(byte[] bytes) {
        set(CONTENT_DIGEST, digest(Sha256.hash(bytes)));
        watch.arm(patience.write());
        try {
            response.send(bytes);
        } catch (RuntimeException e) {
            throw watch.disarm() ? new CutBodyException(e) : e;
        } finally {
            watch.disarm();
        }
    }

    /**
     * Starts a streamed answer; with a length where it is known. A client that takes trailers
     * ({@code TE: trailers}) gets the body's digest behind it, and chunks instead of a length.
     */
    public OutputStream streamed(int status, String type, long length) {
        response.status(Status.create(status));
        set(HeaderNames.CONTENT_TYPE, type);
        if (length == 0) {
            set(CONTENT_DIGEST, digest(Sha256.hash(new byte[0])));
        }
        if (!response.headers().contains(CONTENT_DIGEST) && takesTrailers()) {
            // Not left to the server below, which would choose by the first bytes it is given.
            response.header(HeaderValues.TRANSFER_ENCODING_CHUNKED);
            set(HeaderNames.TRAILER, CONTENT_DIGEST.defaultCase());
            return new DigestedStream(
                    guarded(), digest -> response.trailers().set(CONTENT_DIGEST, digest(digest)));
        }
        if (length >= 0) {
            response.contentLength(length);
        }
        return guarded();
    }

    private OutputStream guarded() {
        return new GuardedStream(response.outputStream(), watch, patience.write());
    }

    /** HTTP/2 has trailers, too, but no transfer codings; there, digests stand in heads only. */
    private boolean takesTrailers() {
        String takes = header(HeaderNames.TE);
        return takes != null
                && takes.toLowerCase(Locale.ROOT).contains("trailers")
                && isFirstVersion();
    }

    private boolean isFirstVersion() {
        return request.prologue().protocolVersion().startsWith("1.");
    }

    /** Answers with a problem, instead of anything that was set before. */
    void problem(Refusal refusal, @Nullable HeaderName name, String value) {
        response.headers().clear();
        standard.set(response);
        lasting.forEach(response::header);
        if (name != null) {
            set(name, value);
        }
        if (!drained()) {
            response.header(HeaderValues.CONNECTION_CLOSE);
        }
        response.status(Status.create(refusal.code().status()));
        response.header(NO_STORE);
        set(HeaderNames.CONTENT_TYPE, Problems.MEDIA_TYPE);
        send(Problems.document(refusal, requestId));
    }

    /** A SHA-256 as {@code Content-Digest} and {@code Repr-Digest} say it (RFC 9530). */
    public static String digest(Sha256 hash) {
        return "sha-256=:" + Base64.getEncoder().encodeToString(hash.toBytes()) + ":";
    }

    ServerResponse response() {
        return response;
    }

    private static ProblemException tooLarge(int max) {
        return new ProblemException(
                ProblemCode.TOO_LARGE, "the body of this request is at most " + max + " bytes");
    }

    private static <T> T parse(String name, String text, Function<String, T> parser) {
        try {
            return parser.apply(text);
        } catch (NumberFormatException e) {
            throw ProblemException.invalid(name + " is not a whole number in range");
        } catch (IllegalArgumentException e) {
            throw ProblemException.invalid(name + ": " + e.getMessage());
        }
    }
}
