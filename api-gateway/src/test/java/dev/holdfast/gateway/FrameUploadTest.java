package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.frames.Codec;
import dev.holdfast.model.frames.Frame;
import dev.holdfast.model.wire.ChunkUploadResult;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Framed and single chunk uploads: what is taken, and what is refused before it costs anything. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FrameUploadTest {
    private final TestServer server = new TestServer();
    private final TestDevice device = server.account("ada");
    private final TestDevice stranger = server.account("bob");

    @AfterAll
    void stop() {
        server.close();
    }

    private List<Integer> missing(UploadId upload, ContentId content, byte[]... chunks) {
        return device.declare(upload, TestDevice.part(content, chunks))
                .contents()
                .getFirst()
                .missing();
    }

    private List<ChunkUploadResult.Entry> send(UploadId upload, Frame.Chunk... frames) {
        return device.send(upload, TestDevice.frames(frames))
                .expect(200)
                .as(ChunkUploadResult.class)
                .chunks();
    }

    @Test
    void takesZstdAndChecksThePlainBytes() {
        byte[] plain = new byte[500_000];
        Arrays.fill(plain, (byte) 'z');
        plain[77] = (byte) device.nextSequence();
        ContentId content = device.newContent();
        UploadId upload = device.begin(plain.length);
        assertThat(missing(upload, content, plain)).containsExactly(0);
        byte[] packed = Zstd.compress(plain);
        Frame.Chunk frame =
                new Frame.Chunk(
                        content,
                        Sha256.hash(plain),
                        Codec.ZSTD,
                        plain.length,
                        0,
                        ByteBuffer.wrap(packed));
        assertThat(send(upload, frame)).allMatch(entry -> entry.code() == null);
        assertThat(missing(upload, content, plain)).isEmpty();
    }

    @Test
    void aZstdBombIsRefusedAtItsAnnouncedLength() {
        byte[] bomb = Zstd.compress(new byte[64 << 20]);
        byte[] announced = new byte[1_000];
        ContentId content = device.newContent();
        UploadId upload = device.begin(1_000);
        missing(upload, content, announced);
        Frame.Chunk frame =
                new Frame.Chunk(
                        content,
                        Sha256.hash(announced),
                        Codec.ZSTD,
                        announced.length,
                        0,
                        ByteBuffer.wrap(bomb));
        assertThat(send(upload, frame).getFirst().code()).isEqualTo(ProblemCode.DIGEST_MISMATCH);
        assertThat(missing(upload, content, announced)).containsExactly(0);
    }

    @Test
    void wrongDigestsAndLengthsAreRefusedOneByOneAndTheRestIsTaken() {
        byte[] good = device.randomBytes(10_000);
        byte[] bad = device.randomBytes(10_000);
        byte[] other = device.randomBytes(10_000);
        ContentId content = device.newContent();
        UploadId upload = device.begin(30_000);
        assertThat(missing(upload, content, good, bad)).containsExactly(0, 1);
        Frame.Chunk wrongBytes =
                new Frame.Chunk(
                        content, Sha256.hash(bad), Codec.PLAIN, 10_000, 0, ByteBuffer.wrap(other));
        Frame.Chunk wrongLength =
                new Frame.Chunk(
                        content, Sha256.hash(bad), Codec.PLAIN, 9_999, 0, ByteBuffer.wrap(bad));
        Frame.Chunk noZstd =
                new Frame.Chunk(
                        content, Sha256.hash(bad), Codec.ZSTD, 10_000, 0, ByteBuffer.wrap(bad));
        assertThat(send(upload, wrongBytes, TestDevice.frame(content, good), wrongLength, noZstd))
                .extracting(ChunkUploadResult.Entry::code)
                .containsExactly(
                        ProblemCode.DIGEST_MISMATCH,
                        null,
                        ProblemCode.DIGEST_MISMATCH,
                        ProblemCode.DIGEST_MISMATCH);
        assertThat(missing(upload, content, good, bad)).containsExactly(1);
    }

    @Test
    void completeFramesOfACutBodyCount() {
        byte[] first = device.randomBytes(20_000);
        byte[] second = device.randomBytes(20_000);
        ContentId content = device.newContent();
        UploadId upload = device.begin(40_000);
        missing(upload, content, first, second);
        byte[] body =
                TestDevice.frames(
                        TestDevice.frame(content, first), TestDevice.frame(content, second));
        byte[] cut = Arrays.copyOf(body, body.length - 10_000);
        // The HTTP body is whole, the frames in it are not: the client gave up in the middle.
        TestClient.Reply reply = device.send(upload, cut);
        reply.problem(ProblemCode.INVALID);
        assertThat(missing(upload, content, first, second)).containsExactly(1);
    }

    @Test
    void aBrokenCrcIsRefusedAndTheFramesBeforeItCount() {
        byte[] first = device.randomBytes(20_000);
        byte[] second = device.randomBytes(20_000);
        ContentId content = device.newContent();
        UploadId upload = device.begin(40_000);
        missing(upload, content, first, second);
        byte[] body =
                TestDevice.frames(
                        TestDevice.frame(content, first), TestDevice.frame(content, second));
        body[30_000] ^= 1;
        device.send(upload, body).problem(ProblemCode.INVALID);
        assertThat(missing(upload, content, first, second)).containsExactly(1);
    }

    @Test
    void noiseIsRefused() {
        UploadId upload = device.begin(1);
        device.send(upload, new byte[0]).problem(ProblemCode.INVALID);
        device.send(upload, device.randomBytes(5_000)).problem(ProblemCode.INVALID);
        device.send(upload, new byte[5_000]).problem(ProblemCode.INVALID);
        device.client()
                .bytes(
                        "POST",
                        "/v1/uploads/" + upload + "/chunks",
                        new byte[10],
                        "Content-Type",
                        "application/octet-stream")
                .problem(ProblemCode.UNSUPPORTED_MEDIA_TYPE);
    }

    @Test
    void aChunkForAContentOfSomeoneElseIsNotTaken() {
        byte[] mine = device.randomBytes(5_000);
        ContentId content = device.newContent();
        UploadId upload = device.begin(5_000);
        missing(upload, content, mine);
        TestClient.Reply reply =
                stranger.send(upload, TestDevice.frames(TestDevice.frame(content, mine)));
        assertThat(reply.status()).isEqualTo(404);
        UploadId own = stranger.begin(5_000);
        assertThat(
                        stranger.send(own, TestDevice.frames(TestDevice.frame(content, mine)))
                                .expect(200)
                                .as(ChunkUploadResult.class)
                                .chunks()
                                .getFirst()
                                .code())
                .isEqualTo(ProblemCode.NOT_FOUND);
        assertThat(missing(upload, content, mine)).containsExactly(0);
    }

    @Test
    void aChunkThatWasNotDeclaredIsNotTaken() {
        byte[] declared = device.randomBytes(5_000);
        byte[] other = device.randomBytes(5_000);
        ContentId content = device.newContent();
        UploadId upload = device.begin(5_000);
        missing(upload, content, declared);
        assertThat(send(upload, TestDevice.frame(content, other)).getFirst().code())
                .isEqualTo(ProblemCode.NOT_FOUND);
    }

    @Test
    void oneChunkAsAPlainBody() {
        byte[] chunk = device.randomBytes(5_000);
        ContentId content = device.newContent();
        UploadId upload = device.begin(5_000);
        missing(upload, content, chunk);
        String path = "/v1/uploads/" + upload + "/chunks/" + Sha256.hash(chunk);
        device.client()
                .bytes("PUT", path + "?content=" + content, device.randomBytes(5_000))
                .problem(ProblemCode.DIGEST_MISMATCH);
        device.client()
                .bytes("PUT", path + "?content=" + content, new byte[0])
                .problem(ProblemCode.INVALID);
        device.client()
                .bytes("PUT", path + "?content=" + content, new byte[(4 << 20) + 1])
                .problem(ProblemCode.TOO_LARGE);
        device.client().bytes("PUT", path, chunk).problem(ProblemCode.INVALID);
        for (int i = 0; i < 2; i++) {
            ChunkUploadResult result =
                    device.client()
                            .bytes("PUT", path + "?content=" + content, chunk)
                            .expect(200)
                            .as(ChunkUploadResult.class);
            assertThat(result.chunks().getFirst().code()).isNull();
        }
        assertThat(missing(upload, content, chunk)).isEmpty();
    }
}
