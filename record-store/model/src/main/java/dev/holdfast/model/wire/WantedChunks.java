package dev.holdfast.model.wire;

import java.util.List;

/**
 * Chunks of a namespace of which the server has no good copy any more: whoever has their bytes is
 * asked to send them again, under an upload like any other, which may be abandoned afterwards.
 *
 * @param cursor from which to ask for more
 * @param chunks may be empty, when those that were asked for here came back meanwhile
 */
public record WantedChunks(String cursor, List<ChunkRef> chunks) {
    public WantedChunks {
        chunks = List.copyOf(chunks);
    }
}
