package dev.holdfast.chunkstore;

import java.io.IOException;
import java.util.function.Consumer;

/** The files of packs as the storage lists them, a 256th at a time. */
public interface PackListing {
    /**
     * Names every pack that has a file and an id that begins with the byte, in no order.
     *
     * @param firstByte 0 to 255
     * @throws IOException when the storage cannot answer now; what was named before is not all
     */
    void list(int firstByte, Consumer<PackFile> each) throws IOException;
}
