package dev.holdfast.sync.disk;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A new file's bytes on their way, in the same filesystem as the folder. Closing drops it. */
public interface Staged extends Closeable {
    /** Writes all that remains in the buffer at the position. */
    void write(long position, ByteBuffer bytes) throws IOException;

    /** Sets the attributes and ends the writing; {@link Disk#sync} then makes it durable. */
    void finish(long mtimeNanos, boolean executable) throws IOException;
}
