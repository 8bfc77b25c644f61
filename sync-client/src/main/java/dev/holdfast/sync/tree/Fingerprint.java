package dev.holdfast.sync.tree;

/**
 * What a file looks like from outside: a changed file has another fingerprint, except within the
 * granularity of the disk's timestamps. All times are nanoseconds since 1970-01-01T00:00:00Z.
 *
 * @param inode 0 where the disk has none
 * @param birth when the file was made; equal to {@code mtime} where the disk does not know
 */
public record Fingerprint(long inode, long birth, long ctime, long mtime, long size) {
    public static final Fingerprint NONE = new Fingerprint(0, 0, 0, 0, 0);

    /** True when it is the same file object, whatever was written to it: a move keeps this. */
    public boolean sameFile(Fingerprint other) {
        return inode != 0
                && inode == other.inode
                && birth == other.birth
                && (birth != mtime || other.birth != other.mtime || size == other.size);
    }

    /** True when bytes and object are the same; a rename changes the ctime and nothing else. */
    public boolean sameBytes(Fingerprint other) {
        return inode == other.inode && mtime == other.mtime && size == other.size;
    }
}
