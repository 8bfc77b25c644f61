package dev.holdfast.sync.disk;

import dev.holdfast.model.Names;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.tree.Fingerprint;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads what a {@link DiskEntry} says, in one call where the platform allows it. */
final class Attributes {
    private static final boolean UNIX =
            FileSystems.getDefault().supportedFileAttributeViews().contains("unix");
    private static final String UNIX_NAMES =
            "unix:ino,ctime,mode,size,lastModifiedTime,creationTime";
    private static final int TYPE_MASK = 0170000;
    private static final int TYPE_FOLDER = 0040000;
    private static final int TYPE_FILE = 0100000;
    private static final int TYPE_SYMLINK = 0120000;
    private static final int OWNER_EXECUTE = 0100;
    private static final long NANOS = 1_000_000_000L;

    private Attributes() {}

    static DiskEntry read(Path path, String name) throws IOException {
        return UNIX ? readUnix(path, name) : readBasic(path, name);
    }

    private static DiskEntry readUnix(Path path, String name) throws IOException {
        Map<String, Object> values =
                Files.readAttributes(path, UNIX_NAMES, LinkOption.NOFOLLOW_LINKS);
        int mode = (Integer) values.getOrDefault("mode", 0);
        NodeKind kind =
                switch (mode & TYPE_MASK) {
                    case TYPE_FOLDER -> NodeKind.FOLDER;
                    case TYPE_FILE -> NodeKind.FILE;
                    case TYPE_SYMLINK -> NodeKind.SYMLINK;
                    default -> null;
                };
        Fingerprint print =
                new Fingerprint(
                        (Long) values.getOrDefault("ino", 0L),
                        nanos((FileTime) values.get("creationTime")),
                        nanos((FileTime) values.get("ctime")),
                        nanos((FileTime) values.get("lastModifiedTime")),
                        (Long) values.getOrDefault("size", 0L));
        boolean executable = kind == NodeKind.FILE && (mode & OWNER_EXECUTE) != 0;
        return entry(path, name, kind, print, executable);
    }

    private static DiskEntry readBasic(Path path, String name) throws IOException {
        BasicFileAttributes values =
                Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        NodeKind kind = null;
        if (values.isSymbolicLink()) {
            kind = NodeKind.SYMLINK;
        } else if (values.isDirectory()) {
            kind = NodeKind.FOLDER;
        } else if (values.isRegularFile()) {
            kind = NodeKind.FILE;
        }
        long mtime = nanos(values.lastModifiedTime());
        Object key = values.fileKey();
        Fingerprint print =
                new Fingerprint(
                        key == null ? 0 : key.hashCode(),
                        nanos(values.creationTime()),
                        mtime,
                        mtime,
                        values.size());
        return entry(path, name, kind, print, false);
    }

    private static DiskEntry entry(
            Path path, String name, @Nullable NodeKind kind, Fingerprint print, boolean executable)
            throws IOException {
        NodeKind syncable = Names.valid(name) ? kind : null;
        String target =
                syncable == NodeKind.SYMLINK ? Files.readSymbolicLink(path).toString() : null;
        return new DiskEntry(name, syncable, print, executable, target);
    }

    /** Nanoseconds since 1970; saturates far outside of what filesystems hold. */
    private static long nanos(@Nullable FileTime time) {
        if (time == null) {
            return 0;
        }
        Instant instant = time.toInstant();
        try {
            return Math.addExact(
                    Math.multiplyExact(instant.getEpochSecond(), NANOS), instant.getNano());
        } catch (ArithmeticException e) {
            return instant.getEpochSecond() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
    }

    static FileTime time(long nanos) {
        return FileTime.from(
                Instant.ofEpochSecond(Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS)));
    }
}
