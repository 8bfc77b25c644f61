package dev.holdfast.embeddedfdb.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;

/**
 * A database directory while it is open: its lock, its format mark, its high-water mark of
 * acknowledged commits and its data.
 *
 * <ul>
 *   <li>{@code lock}: locked by the process that has the directory open.
 *   <li>{@code format}: one line, {@code holdfast-embedded-fdb 1}; written before any data.
 *   <li>{@code acknowledged}: the newest version that was acknowledged.
 *   <li>{@code data/}: RocksDB's files.
 * </ul>
 */
final class DatabaseDirectory implements AutoCloseable {
    static final int FORMAT = 1;
    private static final String FORMAT_NAME = "holdfast-embedded-fdb ";

    private final Path directory;
    private final FileChannel lockChannel;
    private final FileLock lock;

    private DatabaseDirectory(Path directory, FileChannel lockChannel, FileLock lock) {
        this.directory = directory;
        this.lockChannel = lockChannel;
        this.lock = lock;
    }

    /**
     * Creates the directory when it is absent, locks it and checks that it is of a known format.
     *
     * @throws OpenException when it cannot be used
     */
    static DatabaseDirectory open(Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (IOException failure) {
            throw unwritable(directory, failure);
        }
        DatabaseDirectory locked = lock(directory);
        try {
            locked.checkFormat();
            return locked;
        } catch (IOException failure) {
            locked.close();
            throw unwritable(directory, failure);
        } catch (RuntimeException failure) {
            locked.close();
            throw failure;
        }
    }

    private static DatabaseDirectory lock(Path directory) {
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
            return new DatabaseDirectory(directory, channel, lock);
        } catch (IOException failure) {
            throw unwritable(directory, failure);
        }
    }

    private void checkFormat() throws IOException {
        Path file = directory.resolve("format");
        String text;
        try {
            text = Files.readString(file, StandardCharsets.US_ASCII).strip();
        } catch (NoSuchFileException fresh) {
            if (Files.exists(data()) || Files.exists(directory.resolve("acknowledged"))) {
                throw new OpenException.Damaged(
                        directory, "there is data, but the file \"format\" is missing", fresh);
            }
            requireEmpty();
            writeFormat(file);
            return;
        }
        int format;
        try {
            if (!text.startsWith(FORMAT_NAME)) {
                throw new NumberFormatException(text);
            }
            format = Integer.parseInt(text.substring(FORMAT_NAME.length()));
        } catch (NumberFormatException unknown) {
            throw new OpenException.Damaged(
                    directory, "the file \"format\" does not name a format", unknown);
        }
        if (format > FORMAT) {
            throw new OpenException.NewerFormat(directory, format, FORMAT);
        }
    }

    private void requireEmpty() throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            boolean foreign =
                    entries.map(entry -> String.valueOf(entry.getFileName()))
                            .anyMatch(name -> !name.equals("lock") && !name.equals("format.new"));
            if (foreign) {
                throw new OpenException.Unwritable(
                        directory, "it holds files that are no database of this engine", null);
            }
        }
    }

    private void writeFormat(Path file) throws IOException {
        Path fresh = directory.resolve("format.new");
        byte[] text = (FORMAT_NAME + FORMAT + "\n").getBytes(StandardCharsets.US_ASCII);
        try (FileChannel channel =
                FileChannel.open(
                        fresh,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(text);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel parent = FileChannel.open(directory, StandardOpenOption.READ)) {
            parent.force(true);
        }
    }

    Path path() {
        return directory;
    }

    private Path data() {
        return directory.resolve("data");
    }

    /** Opens the data for reading and writing. */
    RocksDB openData(RocksFiles files) {
        try {
            return RocksDB.open(files.options(), data().toString());
        } catch (RocksDBException failure) {
            throw refused(failure);
        }
    }

    private OpenException refused(RocksDBException failure) {
        Status status = failure.getStatus();
        String message = String.valueOf(failure.getMessage());
        if (status != null && status.getCode() == Status.Code.Corruption) {
            return new OpenException.Damaged(directory, message, failure);
        }
        String lower = message.toLowerCase(Locale.ROOT);
        if (lower.contains("no space left")) {
            return new OpenException.DiskFull(directory, failure);
        }
        if (lower.contains("no such file") || lower.contains("does not exist")) {
            return new OpenException.Damaged(directory, message, failure);
        }
        if (lower.contains("lock")) {
            return new OpenException.Locked(directory, failure);
        }
        return new OpenException.Unwritable(directory, message, failure);
    }

    private static OpenException unwritable(Path directory, IOException failure) {
        String message = String.valueOf(failure.getMessage());
        if (message.toLowerCase(Locale.ROOT).contains("no space left")) {
            return new OpenException.DiskFull(directory, failure);
        }
        return new OpenException.Unwritable(directory, why(failure), failure);
    }

    private static String why(IOException failure) {
        @Nullable String reason =
                failure instanceof FileSystemException detail ? detail.getReason() : null;
        String kind = failure.getClass().getSimpleName();
        return reason != null ? reason : kind + " on " + failure.getMessage();
    }

    @Override
    public void close() {
        try {
            lock.release();
            lockChannel.close();
        } catch (IOException failure) {
            throw new IllegalStateException("cannot let go of " + directory, failure);
        }
    }
}
