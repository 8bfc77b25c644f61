package dev.holdfast.model.frames;

import dev.holdfast.model.ContentId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.Sha256;
import java.nio.ByteBuffer;

/** A complete frame, its CRC checked. */
public sealed interface Frame {
    /** What stands for "no content" in a frame of a download. */
    ContentId NO_CONTENT = new ContentId(new Id128(0, 0));

    /** The content the frame is about; {@link #NO_CONTENT} on download. */
    ContentId content();

    /** The chunk the frame is about. */
    Sha256 hash();

    /** Position in the request on download; 0 on upload. */
    int index();

    /**
     * The bytes of one chunk.
     *
     * @param plainLength bytes after decompression; equal to what remains in {@code stored} when
     *     the codec is plain
     * @param stored the payload, backed by an array
     */
    record Chunk(
            ContentId content,
            Sha256 hash,
            Codec codec,
            int plainLength,
            int index,
            ByteBuffer stored)
            implements Frame {}

    /**
     * Says that this chunk could not be had, and why.
     *
     * @param status the HTTP status of the problem
     */
    record Status(ContentId content, Sha256 hash, int status, int index) implements Frame {}
}
