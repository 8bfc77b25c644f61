package dev.holdfast.sync.disk;

import dev.holdfast.sync.tree.Fingerprint;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A new file's bytes on their way, in the same filesystem as the folder. Closing drops it. */
public interface Staged extends Closeable {
    /** Writes all that remains in the buffer at the position. */
    void write(long position, ByteBuffer bytes) throws IOException;

    /** True when bytes of an earlier attempt may stand in it. */
    boolean found();

    /** Reads until the buffer is full or the file ends; -1 at the end. */
    int read(long position, ByteBuffer into) throws IOException;

    /** Ends the work on it for now: what was written stays for the next attempt under its key. */
    void keep() throws IOException;

    /** Sets the attributes and ends the writing; {@link Disk#sync} then makes it durable. */
    void finish(long mtimeNanos, boolean executable) throws IOException;

    /**
     * What the finished file looks like. Once it is in its place, a file that does not have these
     * bytes any more was changed by somebody else in the meantime.
     */
    Fingerprint print() throws IOException;
}
