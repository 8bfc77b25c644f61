package dev.holdfast.embeddedfdb.engine;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** Keeps a directory to one user at a time, across processes and within this one. */
final class DirectoryLock implements AutoCloseable {
    /** For looking at a directory that nobody writes. */
    static final DirectoryLock NONE = new DirectoryLock(null, null);

    private final @Nullable FileChannel channel;
    private final @Nullable FileLock lock;

    private DirectoryLock(@Nullable FileChannel channel, @Nullable FileLock lock) {
        this.channel = channel;
        this.lock = lock;
    }

    /**
     * Takes the lock of a directory.
     *
     * @throws OpenException when somebody else has it, or the lock file cannot be written
     */
    static DirectoryLock take(Path directory) {
        try {
            FileChannel channel =
                    FileChannel.open(
                            directory.resolve("lock"),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
            FileLock lock;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException sameProcess) {
                channel.close();
                throw new OpenException.Locked(directory, sameProcess);
            }
            if (lock == null) {
                channel.close();
                throw new OpenException.Locked(directory, null);
            }
            return new DirectoryLock(channel, lock);
        } catch (IOException failure) {
            throw OpenException.from(directory, failure);
        }
    }

    @Override
    public void close() throws IOException {
        if (lock != null) {
            lock.release();
        }
        if (channel != null) {
            channel.close();
        }
    }
}
