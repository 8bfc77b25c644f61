/**
 * The framing of bodies that carry many chunks ({@code application/vnd.holdfast.frames}), version
 * 1.
 *
 * <p>A body is a sequence of frames and ends with an end frame; a body without one was cut, and its
 * complete frames still count. All integers are big-endian:
 *
 * <pre>
 * u32 header length H (64; a later version may be longer, readers skip what they do not know)
 * H bytes: u8 kind (1 chunk, 2 status, 3 end), u8 codec (0 plain, 1 zstd), u16 status,
 *          16 bytes content id, 32 bytes SHA-256, u32 stored length, u32 plain length, u32 index
 * payload: as many bytes as the stored length says
 * u32 CRC32C over header and payload
 * </pre>
 *
 * <p>Nothing here compresses, decompresses or checks a SHA-256: that is for the two ends. May use
 * ids and hashes of the model, and streams that are handed in.
 */
@NullMarked
package dev.holdfast.model.frames;

import org.jspecify.annotations.NullMarked;
