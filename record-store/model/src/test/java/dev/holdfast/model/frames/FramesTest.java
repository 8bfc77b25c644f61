package dev.holdfast.model.frames;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.holdfast.model.ContentId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.Sha256;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class FramesTest {
    private static final ContentId CONTENT = new ContentId(new Id128(7, 8));
    private static final byte[] BYTES = "some bytes".getBytes(StandardCharsets.UTF_8);
    private static final Sha256 HASH = Sha256.hash(BYTES);
    private static final Frame.Chunk CHUNK =
            new Frame.Chunk(CONTENT, HASH, Codec.ZSTD, 99, 3, ByteBuffer.wrap(BYTES));
    private static final Frame.Status STATUS = new Frame.Status(Frame.NO_CONTENT, HASH, 503, 4);

    private static byte[] body() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        FrameWriter writer = new FrameWriter(out);
        writer.chunk(CHUNK);
        writer.status(STATUS);
        writer.end();
        return out.toByteArray();
    }

    private static FrameReader reader(byte[] body) {
        return new FrameReader(new ByteArrayInputStream(body), 100, 1_000, 10);
    }

    private static int drain(FrameReader reader) throws IOException {
        int frames = 0;
        while (reader.next() != null) {
            frames++;
        }
        return frames;
    }

    @Test
    void whatIsWrittenIsRead() throws IOException {
        FrameReader reader = reader(body());
        assertThat(reader.next()).isEqualTo(CHUNK);
        assertThat(reader.next()).isEqualTo(STATUS);
        assertThat(reader.next()).isNull();
        assertThat(reader.next()).isNull();
        assertThat(body()).hasSize((int) FrameWriter.chunkFrameBytes(BYTES.length) + 2 * 72);
    }

    @Test
    void longerHeadersOfLaterVersionsAreSkipped() throws IOException {
        ByteBuffer head = ByteBuffer.allocate(4 + 70);
        head.putInt(70).put((byte) 3);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(head.array());
        java.util.zip.CRC32C crc = new java.util.zip.CRC32C();
        crc.update(head.array(), 4, 70);
        out.write(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
        assertThat(reader(out.toByteArray()).next()).isNull();
    }

    @Test
    void completeFramesOfACutBodyCount() throws IOException {
        byte[] body = body();
        int first = (int) FrameWriter.chunkFrameBytes(BYTES.length);
        for (int length = 0; length < body.length; length++) {
            FrameReader reader = reader(Arrays.copyOf(body, length));
            if (length >= first) {
                assertThat(reader.next()).isEqualTo(CHUNK);
            }
            assertThatExceptionOfType(EOFException.class).isThrownBy(() -> drain(reader));
        }
    }

    @Test
    void everyFlippedBitIsFound() throws IOException {
        byte[] body = body();
        for (int bit = 0; bit < 8 * body.length; bit++) {
            byte[] broken = body.clone();
            broken[bit / 8] ^= (byte) (1 << bit % 8);
            FrameReader reader = reader(broken);
            assertThatExceptionOfType(IOException.class)
                    .as("bit %d", bit)
                    .isThrownBy(() -> drain(reader));
        }
    }

    @Test
    void limitsAreCheckedBeforeAnythingIsAllocated() throws IOException {
        byte[] body = body();
        assertThatExceptionOfType(FrameFormatException.class)
                .isThrownBy(
                        () -> new FrameReader(new ByteArrayInputStream(body), 98, 1_000, 9).next());
        assertThatExceptionOfType(FrameFormatException.class)
                .isThrownBy(
                        () -> new FrameReader(new ByteArrayInputStream(body), 100, 9, 9).next());
        FrameReader one = new FrameReader(new ByteArrayInputStream(body), 100, 1_000, 1);
        assertThat(one.next()).isEqualTo(CHUNK);
        assertThatExceptionOfType(FrameFormatException.class).isThrownBy(one::next);
    }

    @Test
    void nothingFollowsTheEnd() throws IOException {
        FrameWriter writer = new FrameWriter(new ByteArrayOutputStream());
        writer.end();
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> writer.chunk(CHUNK));
    }
}
