package dev.holdfast.sync.disk;

import dev.holdfast.sync.tree.Fingerprint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The synced folder. Methods may be called from several threads for different paths. An {@link
 * IOException} means that it is not known whether the change took place; the next scan tells.
 */
public interface Disk {
    /**
     * Throws unless the folder is there and is the one that was linked: an empty mount point must
     * never look like deleted files.
     */
    void check() throws IOException;

    /** What names the disk can hold. */
    PlatformRules rules();

    /**
     * The entries of a folder, without {@code .holdfast} at the top.
     *
     * @return null when there is no such folder
     */
    @Nullable List<DiskEntry> list(String folder) throws IOException;

    /** The entry at the path, not following a symlink; null when there is none. */
    @Nullable DiskEntry look(String path) throws IOException;

    /** Reads until the buffer is full or the file ends; -1 at the end. */
    Reader read(String path) throws IOException;

    /** An open file. */
    interface Reader extends java.io.Closeable {
        int read(long position, ByteBuffer into) throws IOException;
    }

    /** Starts a new file beside the folder's own. */
    Staged stage() throws IOException;

    /**
     * Starts a new file, or goes on with what an interrupted attempt left under the same key. What
     * stands in it then may be anything: it counts only after it was read and checked.
     *
     * @param key letters, digits and hyphens; one at a time is open under it
     */
    Staged stage(String key) throws IOException;

    /** Makes the staged files durable, all at once. */
    void sync(Collection<Staged> staged) throws IOException;

    /** Puts a staged file where nothing stands. */
    Change publish(Staged staged, String path) throws IOException;

    /** Puts a staged file in the place of the expected one, which is displaced. */
    Change exchange(Staged staged, String path, Fingerprint expected) throws IOException;

    /** Takes the expected file or symlink out of the folder; it is displaced. */
    Change remove(String path, Fingerprint expected) throws IOException;

    Change makeFolder(String path) throws IOException;

    /** Removes an empty folder; stale when it is not empty. */
    Change removeFolder(String path) throws IOException;

    /** Makes a symlink where nothing stands; the target is text and is not followed. */
    Change makeSymlink(String path, String target) throws IOException;

    /** Renames what is the expected thing to where nothing stands. */
    Change move(String from, String to, Fingerprint expected) throws IOException;

    Change setAttributes(String path, Fingerprint expected, long mtimeNanos, boolean executable)
            throws IOException;

    /** Makes renames and removals in these folders durable. */
    void syncFolders(Collection<String> folders) throws IOException;

    /** What rests after it was taken out of the folder. */
    List<Displaced> displaced() throws IOException;

    /**
     * Ends the rest of a displaced file: drops it when it is as expected, and otherwise, since a
     * program wrote to it after it was taken out, puts it back under the path given.
     *
     * @return true when it was put back
     */
    boolean release(Displaced file, String rescuePath) throws IOException;

    /** Removes staged files that a crash has left behind, but for those that have a key. */
    void dropStaged() throws IOException;

    /** Removes what was kept under keys: nothing is left to be fetched. */
    void dropKept() throws IOException;
}
