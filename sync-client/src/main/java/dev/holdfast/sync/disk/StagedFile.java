package dev.holdfast.sync.disk;

import dev.holdfast.sync.tree.Fingerprint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A file in {@code .holdfast/tmp}. */
final class StagedFile implements Staged {
    private final Path path;
    private final FileChannel channel;
    private final boolean found;
    private boolean published;

    StagedFile(Path path) throws IOException {
        this(path, StandardOpenOption.CREATE_NEW, false);
    }

    private StagedFile(Path path, StandardOpenOption create, boolean found) throws IOException {
        this.path = path;
        this.found = found;
        this.channel =
                FileChannel.open(
                        path,
                        create,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.READ,
                        LinkOption.NOFOLLOW_LINKS);
    }

    static StagedFile kept(Path path) throws IOException {
        return new StagedFile(
                path,
                StandardOpenOption.CREATE,
                Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS));
    }

    @Override
    public boolean found() {
        return found;
    }

    @Override
    public int read(long position, ByteBuffer into) throws IOException {
        return channel.read(into, position);
    }

    @Override
    public void keep() throws IOException {
        channel.close();
        published = true;
    }

    Path path() {
        return path;
    }

    @Override
    public void write(long position, ByteBuffer bytes) throws IOException {
        long at = position;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }

    @Override
    public void finish(long mtimeNanos, boolean executable) throws IOException {
        if (executable) {
            makeExecutable(path, true);
        }
        Files.setLastModifiedTime(path, Attributes.time(mtimeNanos));
    }

    @Override
    public Fingerprint print() throws IOException {
        return Attributes.read(path, "staged").print();
    }

    void force() throws IOException {
        channel.force(true);
        channel.close();
    }

    void published() {
        published = true;
    }

    @Override
    public void close() throws IOException {
        channel.close();
        if (!published) {
            try {
                Files.delete(path);
            } catch (NoSuchFileException e) {
                published = true;
            }
        }
    }

    /** Whoever may read may also execute, as {@code chmod +x} does it; ignored without POSIX. */
    static void makeExecutable(Path path, boolean executable) throws IOException {
        @Nullable PosixFileAttributeView view =
                Files.getFileAttributeView(path, PosixFileAttributeView.class);
        if (view == null) {
            return;
        }
        Set<PosixFilePermission> permissions = EnumSet.copyOf(view.readAttributes().permissions());
        set(
                permissions,
                PosixFilePermission.OWNER_READ,
                PosixFilePermission.OWNER_EXECUTE,
                executable);
        set(
                permissions,
                PosixFilePermission.GROUP_READ,
                PosixFilePermission.GROUP_EXECUTE,
                executable);
        set(
                permissions,
                PosixFilePermission.OTHERS_READ,
                PosixFilePermission.OTHERS_EXECUTE,
                executable);
        view.setPermissions(permissions);
    }

    private static void set(
            Set<PosixFilePermission> permissions,
            PosixFilePermission read,
            PosixFilePermission execute,
            boolean executable) {
        if (executable && permissions.contains(read)) {
            permissions.add(execute);
        } else if (!executable) {
            permissions.remove(execute);
        }
    }
}
