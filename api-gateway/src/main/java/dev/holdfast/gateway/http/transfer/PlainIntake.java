package dev.holdfast.gateway.http.transfer;

import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.ProblemException;
import dev.holdfast.metadata.Caller;
import dev.holdfast.metadata.Nodes;
import dev.holdfast.metadata.Uploads;
import dev.holdfast.model.Answer;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.Limits;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Refusal;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.frames.Codec;
import dev.holdfast.model.frames.Frame;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeclarationResult;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResult;
import dev.holdfast.model.wire.UploadStart;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Takes a whole file as one plain body, for people with curl: receives it, cuts it, and goes the
 * way every upload goes. With an idempotency key all ids come from the key, the device and the
 * bytes, so that a retry meets the stored result of the first.
 */
public final class PlainIntake {
    /** Everything below is for sequences that devices count themselves. */
    private static final long SEQUENCE_MIN = 1L << 62;

    private static final long BYTES_MAX = 64L << 30;

    private static final int REPLACE_AGAIN_MAX = 5;

    private final Nodes nodes;
    private final Uploads uploads;
    private final ChunkIntake intake;
    private final ByteBudget budget;
    private final Path spool;
    private final RandomGenerator random;

    /**
     * An intake.
     *
     * @param spool directory for bodies on their way; may be missing yet
     */
    public PlainIntake(
            Nodes nodes,
            Uploads uploads,
            ChunkIntake intake,
            ByteBudget budget,
            Path spool,
            RandomGenerator random) {
        this.nodes = nodes;
        this.uploads = uploads;
        this.intake = intake;
        this.budget = budget;
        this.spool = spool;
        this.random = random;
    }

    /**
     * What is to be put where.
     *
     * @param base the version that is to be replaced, 0 for whichever is current; null to create
     * @param digest SHA-256 that the body was announced with
     * @param key of the client, null for none
     */
    public record Request(
            Caller caller,
            NamespaceId ns,
            String path,
            @Nullable Long base,
            long mtimeNanos,
            boolean executable,
            @Nullable Sha256 digest,
            @Nullable String key) {}

    /** Stores the file and answers its node. */
    public NodeState put(Request request, InputStream body)
            throws IOException, InterruptedException {
        Target target = target(request);
        try (ByteBudget.Share _ = budget.take(Spool.BUFFER_BYTES);
                Spool received = Spool.receive(spool, body, BYTES_MAX)) {
            if (request.digest() != null
                    && !request.digest().equals(Sha256.of(received.digest()))) {
                throw new ProblemException(
                        ProblemCode.DIGEST_MISMATCH,
                        "the body does not have the SHA-256 that Content-Digest names");
            }
            Ids ids = ids(request, received.contentHash());
            Op op = op(request, target, ids);
            if (request.key() != null) {
                OpResult earlier = apply(request, op);
                if (earlier.done() || earlier.code() == ProblemCode.OP_MISMATCH) {
                    return node(earlier);
                }
            }
            requirePrecondition(request, target);
            upload(request, ids, received);
            OpResult result = apply(request, op);
            for (int i = 0; i < REPLACE_AGAIN_MAX && overtaken(request, result); i++) {
                result = apply(request, op(request, target(request), ids));
            }
            return node(result);
        }
    }

    /** Who replaces whichever version is current has nothing to do with who was faster. */
    private static boolean overtaken(Request request, OpResult result) {
        Long base = request.base();
        return base != null && base == 0 && result.code() == ProblemCode.CONFLICT;
    }

    /** Where the path leads: its folder, its name there, and what has the name now. */
    private record Target(NodeId parent, String name, @Nullable NodeState existing) {}

    private Target target(Request request) {
        String path = request.path();
        int slash = path.lastIndexOf('/');
        String name = path.substring(slash + 1);
        if (name.isEmpty()) {
            throw ProblemException.invalid("path ends with a file's name: /folder/file");
        }
        String folder = slash <= 0 ? "/" : path.substring(0, slash);
        NodeState parent = Exchange.granted(nodes.byPath(request.caller(), request.ns(), folder));
        Answer<NodeState> there = nodes.byPath(request.caller(), request.ns(), path);
        NodeState existing =
                switch (there) {
                    case Answer.Ok<NodeState>(NodeState node) -> node;
                    case Answer.Refused<NodeState>(Refusal refusal) -> {
                        if (refusal.code() != ProblemCode.NOT_FOUND) {
                            throw new ProblemException(refusal);
                        }
                        yield null;
                    }
                };
        if (existing == null && request.base() != null) {
            throw new ProblemException(
                    ProblemCode.PRECONDITION_FAILED,
                    "there is no such file; create it with If-None-Match: *");
        }
        if (existing != null && existing.kind() != NodeKind.FILE) {
            throw new ProblemException(
                    new Refusal(ProblemCode.NAME_TAKEN, "what has this name is no file", existing));
        }
        return new Target(parent.node(), name, existing);
    }

    private static void requirePrecondition(Request request, Target target) {
        NodeState existing = target.existing();
        if (existing == null) {
            return;
        }
        Long base = request.base();
        if (base == null) {
            throw new ProblemException(
                    new Refusal(
                            ProblemCode.PRECONDITION_FAILED,
                            "the file exists; replace it with If-Match",
                            existing));
        }
        if (base != 0 && base != existing.contentRev()) {
            throw new ProblemException(
                    new Refusal(
                            ProblemCode.PRECONDITION_FAILED,
                            "the file has another version now",
                            existing));
        }
    }

    private record Ids(UploadId upload, ContentId content, NodeId node, long sequence) {}

    private Ids ids(Request request, Sha256 contentHash) {
        if (request.key() == null) {
            return new Ids(
                    UploadId.random(random),
                    ContentId.random(random),
                    NodeId.random(random),
                    SEQUENCE_MIN | (random.nextLong() & (SEQUENCE_MIN - 1)));
        }
        Sha256 named = derive(request, "op", null);
        Sha256 exact = derive(request, "content", contentHash);
        return new Ids(
                new UploadId(new Id128(exact.a(), exact.b())),
                new ContentId(new Id128(exact.c(), exact.d())),
                new NodeId(new Id128(named.a(), named.b())),
                SEQUENCE_MIN | (named.c() & (SEQUENCE_MIN - 1)));
    }

    private static Sha256 derive(Request request, String what, @Nullable Sha256 content) {
        MessageDigest digest = Sha256.newDigest();
        digest.update(what.getBytes(StandardCharsets.UTF_8));
        digest.update(request.caller().tokenHash().toBytes());
        digest.update(String.valueOf(request.key()).getBytes(StandardCharsets.UTF_8));
        if (content != null) {
            digest.update(content.toBytes());
        }
        return Sha256.of(digest.digest());
    }

    private static Op op(Request request, Target target, Ids ids) {
        Long base = request.base();
        NodeState existing = target.existing();
        if (base == null || existing == null) {
            return new Op.CreateFile(
                    ids.sequence(),
                    ids.node(),
                    target.parent(),
                    target.name(),
                    ids.content(),
                    request.mtimeNanos(),
                    request.executable(),
                    OnConflict.REJECT);
        }
        return new Op.PutContent(
                ids.sequence(),
                existing.node(),
                base == 0 ? existing.contentRev() : base,
                ids.content(),
                request.mtimeNanos(),
                request.executable(),
                OnConflict.REJECT,
                null);
    }

    private OpResult apply(Request request, Op op) {
        return Exchange.granted(
                        nodes.apply(request.caller(), request.ns(), new OpBatch(1, List.of(op))))
                .results()
                .getFirst();
    }

    private static NodeState node(OpResult result) {
        if (result.done() && result.node() != null) {
            return result.node();
        }
        ProblemCode code = result.code() == null ? ProblemCode.INTERNAL : result.code();
        boolean raced = code == ProblemCode.CONFLICT || code == ProblemCode.NAME_TAKEN;
        throw new ProblemException(
                new Refusal(
                        raced ? ProblemCode.PRECONDITION_FAILED : code,
                        result.detail() == null ? "the file could not be put" : result.detail(),
                        result.node()));
    }

    private void upload(Request request, Ids ids, Spool received)
            throws IOException, InterruptedException {
        Exchange.granted(
                uploads.begin(
                        request.caller(),
                        new UploadStart(ids.upload(), request.ns(), received.size())));
        List<ChunkRef> chunks = received.chunks();
        long offset = 0;
        int from = 0;
        int part = 0;
        boolean last = false;
        while (!last) {
            int to = Math.min(chunks.size(), from + Limits.PART_CHUNKS_MAX);
            last = to == chunks.size();
            List<ChunkRef> some = chunks.subList(from, to);
            Declaration declaration =
                    new Declaration(List.of(new ContentPart(ids.content(), part, last, some)));
            DeclarationResult declared =
                    Exchange.granted(uploads.declare(request.caller(), ids.upload(), declaration));
            send(request, ids, received, some, offset, declared.contents().getFirst().missing());
            for (ChunkRef chunk : some) {
                offset += chunk.length();
            }
            from = to;
            part++;
        }
    }

    private void send(
            Request request,
            Ids ids,
            Spool received,
            List<ChunkRef> chunks,
            long start,
            List<Integer> missing)
            throws IOException, InterruptedException {
        long[] offsets = new long[chunks.size()];
        long offset = start;
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = offset;
            offset += chunks.get(i).length();
        }
        for (int index : missing) {
            ChunkRef chunk = chunks.get(index);
            ByteBuffer bytes = received.read(offsets[index], chunk.length());
            Frame.Chunk frame =
                    new Frame.Chunk(
                            ids.content(), chunk.hash(), Codec.PLAIN, chunk.length(), 0, bytes);
            ProblemCode code =
                    intake.single(request.caller(), ids.upload(), frame).chunks().getFirst().code();
            if (code != null) {
                throw new ProblemException(code, "a part of the file could not be stored");
            }
        }
    }
}
