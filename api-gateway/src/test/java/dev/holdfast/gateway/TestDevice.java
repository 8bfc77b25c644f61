package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.ContentId;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.frames.Codec;
import dev.holdfast.model.frames.Frame;
import dev.holdfast.model.frames.FrameReader;
import dev.holdfast.model.frames.FrameWriter;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.ChunkReadRequest;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.ChunkUploadResult;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeclarationResult;
import dev.holdfast.model.wire.DeviceRegistered;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResult;
import dev.holdfast.model.wire.OpResults;
import dev.holdfast.model.wire.UploadStart;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A linked device that speaks the API step by step. */
public final class TestDevice {
    private static final String FRAMES = "application/vnd.holdfast.frames";

    private final TestClient client;
    private final DeviceRegistered registered;
    private final Random random;
    private long sequence;

    TestDevice(TestClient client, DeviceRegistered registered, long seed) {
        this.client = client;
        this.registered = registered;
        this.random = new Random(seed);
    }

    public TestClient client() {
        return client;
    }

    public DeviceRegistered registered() {
        return registered;
    }

    public NamespaceId ns() {
        return registered.namespaces().getFirst().namespace();
    }

    public NodeId root() {
        return registered.namespaces().getFirst().root();
    }

    public String nsPath() {
        return "/v1/namespaces/" + ns();
    }

    public NodeId newNode() {
        return NodeId.random(random);
    }

    public ContentId newContent() {
        return ContentId.random(random);
    }

    public long nextSequence() {
        sequence++;
        return sequence;
    }

    public byte[] randomBytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    public UploadId begin(long bytes) {
        UploadId upload = UploadId.random(random);
        client.post("/v1/uploads", new UploadStart(upload, ns(), bytes)).expect(201);
        return upload;
    }

    public DeclarationResult declare(UploadId upload, ContentPart... parts) {
        return client.post("/v1/uploads/" + upload + "/files", new Declaration(List.of(parts)))
                .expect(200)
                .as(DeclarationResult.class);
    }

    /** The whole of a small content as its only part. */
    public static ContentPart part(ContentId content, byte[]... chunks) {
        List<ChunkRef> refs = new ArrayList<>();
        for (byte[] chunk : chunks) {
            refs.add(new ChunkRef(Sha256.hash(chunk), chunk.length));
        }
        return new ContentPart(content, 0, true, refs);
    }

    public static Frame.Chunk frame(ContentId content, byte[] chunk) {
        return new Frame.Chunk(
                content, Sha256.hash(chunk), Codec.PLAIN, chunk.length, 0, ByteBuffer.wrap(chunk));
    }

    public static byte[] frames(Frame.Chunk... chunks) {
        try {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            FrameWriter writer = new FrameWriter(body);
            for (Frame.Chunk chunk : chunks) {
                writer.chunk(chunk);
            }
            writer.end();
            return body.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public TestClient.Reply send(UploadId upload, byte[] frames) {
        return client.bytes(
                "POST", "/v1/uploads/" + upload + "/chunks", frames, "Content-Type", FRAMES);
    }

    /** Uploads one content of the given chunks, ready to be named in an operation. */
    public ContentId upload(byte[]... chunks) {
        UploadId upload = begin(1 << 20);
        ContentId content = newContent();
        List<Integer> missing =
                declare(upload, part(content, chunks)).contents().getFirst().missing();
        if (!missing.isEmpty()) {
            Frame.Chunk[] frames =
                    missing.stream()
                            .map(index -> frame(content, chunks[index]))
                            .toArray(Frame.Chunk[]::new);
            ChunkUploadResult result =
                    send(upload, frames(frames)).expect(200).as(ChunkUploadResult.class);
            assertThat(result.chunks()).allMatch(entry -> entry.code() == null);
        }
        return content;
    }

    public List<OpResult> apply(Op... ops) {
        return client.post(nsPath() + "/ops", new OpBatch(1, List.of(ops)))
                .expect(200)
                .as(OpResults.class)
                .results();
    }

    public NodeState done(Op op) {
        OpResult result = apply(op).getFirst();
        assertThat(result.code()).as(String.valueOf(result.detail())).isNull();
        return java.util.Objects.requireNonNull(result.node());
    }

    /** A new file in the root. */
    public NodeState file(String name, byte[]... chunks) {
        return done(
                new Op.CreateFile(
                        nextSequence(),
                        newNode(),
                        root(),
                        name,
                        upload(chunks),
                        1_700_000_000_000_000_001L,
                        false,
                        OnConflict.REJECT));
    }

    public ChangesPage changes(String query) {
        return client.get(nsPath() + "/changes" + query).expect(200).as(ChangesPage.class);
    }

    /** Reads chunks of a node and answers its frames. */
    public List<Frame> read(ChunkReadRequest request) {
        byte[] body = client.post(nsPath() + "/chunks/read", request).expect(200).bytes();
        try {
            FrameReader reader =
                    new FrameReader(new ByteArrayInputStream(body), 4 << 20, 256L << 20, 1_000);
            List<Frame> frames = new ArrayList<>();
            Frame frame = reader.next();
            while (frame != null) {
                frames.add(frame);
                frame = reader.next();
            }
            return frames;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
