package dev.holdfast.embeddedfdb.engine;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Keeps a directory to one user at a time, across processes and within this one. */
final class DirectoryLock implements AutoCloseable {
    private final FileChannel channel;
    private final FileLock lock;

    private DirectoryLock(FileChannel channel, FileLock lock) {
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
        lock.release();
        channel.close();
    }
}
