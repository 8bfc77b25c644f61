package dev.holdfast.gateway.http.routes;

import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.ProblemException;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.gateway.http.transfer.ChunkIntake;
import dev.holdfast.metadata.Caller;
import dev.holdfast.metadata.Uploads;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Limits;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.frames.Codec;
import dev.holdfast.model.frames.Frame;
import dev.holdfast.model.wire.ChunkUploadResult;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeclarationResult;
import dev.holdfast.model.wire.UploadStart;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** Uploads: leases, declarations, and the chunks themselves. */
public final class UploadRoutes {
    private static final String UPLOAD = "/v1/uploads/{upload}";

    private final Uploads uploads;
    private final ChunkIntake intake;
    private final SyncMetrics metrics;

    public UploadRoutes(Uploads uploads, ChunkIntake intake, SyncMetrics metrics) {
        this.metrics = metrics;
        this.uploads = uploads;
        this.intake = intake;
    }

    public List<Route> routes() {
        return List.of(
                Route.of("POST", "/v1/uploads", this::begin),
                Route.of("POST", UPLOAD + "/renew", this::renew),
                Route.of("DELETE", UPLOAD, this::abandon),
                Route.of("POST", UPLOAD + "/files", this::declare),
                Route.transfer("PUT", UPLOAD + "/chunks/{sha256}", this::chunk),
                Route.transfer("POST", UPLOAD + "/chunks", this::frames));
    }

    private void begin(Exchange exchange) {
        Caller caller = exchange.caller();
        UploadStart start = exchange.body(UploadStart.class);
        exchange.json(201, Exchange.granted(uploads.begin(caller, start)));
    }

    private void renew(Exchange exchange) {
        exchange.json(Exchange.granted(uploads.renew(exchange.caller(), upload(exchange))));
    }

    private void abandon(Exchange exchange) {
        Exchange.granted(uploads.abandon(exchange.caller(), upload(exchange)));
        exchange.empty(204);
    }

    private void declare(Exchange exchange) {
        Caller caller = exchange.caller();
        UploadId upload = upload(exchange);
        Declaration declaration = exchange.body(Declaration.class);
        DeclarationResult result = Exchange.granted(uploads.declare(caller, upload, declaration));
        metrics.declared(declaration, result);
        exchange.json(result);
    }

    private void chunk(Exchange exchange) throws InterruptedException {
        Caller caller = exchange.caller();
        UploadId upload = upload(exchange);
        Sha256 hash = exchange.path("sha256", Sha256::parse);
        ContentId content = exchange.query("content", ContentId::parse);
        exchange.requireType("application/octet-stream");
        byte[] bytes = exchange.bytes(Limits.CHUNK_BYTES_MAX);
        if (bytes.length == 0) {
            throw ProblemException.invalid("a chunk holds at least one byte");
        }
        Frame.Chunk chunk =
                new Frame.Chunk(
                        content, hash, Codec.PLAIN, bytes.length, 0, ByteBuffer.wrap(bytes));
        ChunkUploadResult result = intake.single(caller, upload, chunk);
        ProblemCode code = result.chunks().getFirst().code();
        if (code != null) {
            throw new ProblemException(code, refusal(code));
        }
        exchange.json(result);
    }

    private void frames(Exchange exchange) throws IOException, InterruptedException {
        Caller caller = exchange.caller();
        UploadId upload = upload(exchange);
        exchange.requireType(Exchange.FRAMES);
        long announced = exchange.contentLength().orElse(Limits.FRAMED_BODY_BYTES_MAX);
        exchange.json(intake.framed(caller, upload, exchange.stream(), announced));
    }

    private static String refusal(ProblemCode code) {
        return switch (code) {
            case NOT_FOUND ->
                    "this upload has no open content that names the chunk; declare it first";
            case DIGEST_MISMATCH -> "the bytes do not have the SHA-256 named in the path";
            case STORAGE_FULL -> "the server's storage has no room left for the chunk";
            default -> "the chunk could not be stored; try again";
        };
    }

    private static UploadId upload(Exchange exchange) {
        return exchange.path("upload", UploadId::parse);
    }
}
