package dev.holdfast.embeddedfdb.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;
import org.rocksdb.WALRecoveryMode;

/**
 * A database directory while it is open: its lock, its format mark, its high-water mark of
 * acknowledged commits and its data.
 *
 * <ul>
 *   <li>{@code lock}: locked by the process that has the directory open.
 *   <li>{@code format}: one line, {@code holdfast-embedded-fdb 1}; written before any data.
 *   <li>{@code acknowledged}: see {@link HighWaterMark}.
 *   <li>{@code data/}: RocksDB's files.
 * </ul>
 */
final class DatabaseDirectory implements Storage.Place {
    static {
        RocksDB.loadLibrary();
    }

    static final int FORMAT = 1;
    private static final String FORMAT_NAME = "holdfast-embedded-fdb ";

    private final Path directory;
    private final DirectoryLock lock;
    private final StorageConfig config;
    private final LongSupplier freeBytes;
    private @Nullable HighWaterMark mark;

    private DatabaseDirectory(
            Path directory, DirectoryLock lock, StorageConfig config, LongSupplier freeBytes) {
        this.directory = directory;
        this.lock = lock;
        this.config = config;
        this.freeBytes = freeBytes;
    }

    /**
     * Creates the directory when it is absent, locks it and checks that it holds a whole database
     * of a known format.
     *
     * @param freeBytes room left on its disk, in bytes
     * @throws OpenException when it cannot be used
     */
    static DatabaseDirectory open(Path directory, StorageConfig config, LongSupplier freeBytes) {
        try {
            Files.createDirectories(directory);
        } catch (IOException failure) {
            throw OpenException.from(directory, failure);
        }
        DatabaseDirectory locked =
                new DatabaseDirectory(directory, DirectoryLock.take(directory), config, freeBytes);
        try {
            locked.checkFormat();
            locked.verifyToLastRecord();
            Backup.removeAbandoned(directory);
            locked.mark = HighWaterMark.open(locked.acknowledged());
            return locked;
        } catch (IOException failure) {
            locked.close();
            throw OpenException.from(directory, failure);
        } catch (RuntimeException failure) {
            locked.close();
            throw failure;
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
            writeFormat(directory);
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

    /**
     * Checks a backup without changing anything in it.
     *
     * @throws OpenException when it is no database of a known format, or is damaged
     */
    static void requireWhole(Path backup) throws IOException {
        if (!Files.exists(backup.resolve("format"))) {
            throw new OpenException.Damaged(backup, "the file \"format\" is missing", null);
        }
        DatabaseDirectory looked =
                new DatabaseDirectory(
                        backup, DirectoryLock.NONE, StorageConfig.defaults(), () -> Long.MAX_VALUE);
        looked.checkFormat();
        LogBreak broken = LogBreak.find(looked.data());
        if (broken != null) {
            throw new OpenException.Damaged(backup, broken.toString(), null);
        }
        looked.verify();
    }

    /** Marks a directory as a database, so that it is one or is not after a crash. */
    static void writeFormat(Path directory) throws IOException {
        Path file = directory.resolve("format");
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
        force(directory);
    }

    /** Makes the names in a directory durable. */
    static void force(Path directory) throws IOException {
        try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
            names.force(true);
        }
    }

    private Path data() {
        return directory.resolve("data");
    }

    private Path acknowledged() {
        return directory.resolve("acknowledged");
    }

    /**
     * Checks the database. Where the end of its log is broken in a way that RocksDB does not get
     * past, that end is cut off, and put back when something acknowledged was in it.
     */
    private void verifyToLastRecord() throws IOException {
        LogBreak broken = LogBreak.find(data());
        if (broken == null) {
            verify();
            return;
        }
        if (!broken.isBehindLastRecord()) {
            throw new OpenException.Damaged(directory, broken.toString(), null);
        }
        byte[] rest = broken.cut();
        try {
            verifyToLastRecord();
        } catch (OpenException refused) {
            broken.restore(rest);
            throw refused;
        }
    }

    /**
     * Checks, without changing anything, that the data holds together and ends no earlier than what
     * was acknowledged. A broken end of the log is fine when nothing acknowledged was in it: that
     * is what a crash in the middle of a write leaves.
     *
     * @throws OpenException.Damaged when it does not
     */
    void verify() {
        if (!Files.exists(data().resolve("CURRENT"))) {
            requireNothingAcknowledged();
            return;
        }
        long acknowledged = acknowledgedVersion();
        long recovered;
        try {
            recovered = versionFollowing(WALRecoveryMode.TolerateCorruptedTailRecords);
        } catch (RocksDBException broken) {
            if (!isCorruption(broken)) {
                throw refused(broken);
            }
            recovered = versionBeforeBreak(broken);
        }
        if (recovered < acknowledged) {
            throw new OpenException.Damaged(
                    directory,
                    "the log ends at version "
                            + recovered
                            + ", but version "
                            + acknowledged
                            + " was acknowledged",
                    null);
        }
    }

    private void requireNothingAcknowledged() {
        if (acknowledgedVersion() > 0) {
            throw new OpenException.Damaged(
                    directory, "there were commits, but their data is missing", null);
        }
    }

    private long acknowledgedVersion() {
        try {
            return HighWaterMark.read(acknowledged());
        } catch (IOException failure) {
            throw OpenException.from(directory, failure);
        }
    }

    private long versionBeforeBreak(RocksDBException broken) {
        try {
            long before = versionFollowing(WALRecoveryMode.PointInTimeRecovery);
            long behind = versionFollowing(WALRecoveryMode.SkipAnyCorruptedRecords);
            if (behind > before) {
                throw new OpenException.Damaged(
                        directory,
                        "the log is broken between versions " + before + " and " + behind,
                        broken);
            }
            return before;
        } catch (RocksDBException worse) {
            throw refused(worse);
        }
    }

    private long versionFollowing(WALRecoveryMode mode) throws RocksDBException {
        try (RocksFiles files = files().recovering(mode);
                RocksDB db = RocksDB.openReadOnly(files.options(), data().toString())) {
            return Storage.lastVersion(db);
        }
    }

    private RocksFiles files() {
        return RocksFiles.onDisk(config);
    }

    @Override
    public Storage.Opened openForWriting() {
        RocksFiles files = files();
        try {
            return new Storage.Opened(RocksDB.open(files.options(), data().toString()), files);
        } catch (RocksDBException failure) {
            files.close();
            throw refused(failure);
        }
    }

    @Override
    public Storage.Opened openForReading() {
        RocksFiles files = files();
        try {
            return new Storage.Opened(
                    RocksDB.openReadOnly(files.options(), data().toString()), files);
        } catch (RocksDBException failure) {
            files.close();
            throw refused(failure);
        }
    }

    @Override
    public boolean durable() {
        return true;
    }

    @Override
    public String name() {
        return directory.toString();
    }

    @Override
    public void acknowledge(long version) {
        HighWaterMark open = mark;
        if (open != null) {
            open.set(version);
        }
    }

    @Override
    public void requireRoom() {
        if (freeBytes.getAsLong() < config.expectedFreeBytes()) {
            throw FdbError.IO_ERROR.exception(
                    "the disk that holds the database in "
                            + directory
                            + " is full; free some space, then commits are accepted again");
        }
    }

    private static boolean isCorruption(RocksDBException failure) {
        Status status = failure.getStatus();
        return status != null && status.getCode() == Status.Code.Corruption;
    }

    private OpenException refused(RocksDBException failure) {
        String message = String.valueOf(failure.getMessage());
        String lower = message.toLowerCase(Locale.ROOT);
        if (isCorruption(failure)
                || lower.contains("no such file")
                || lower.contains("does not exist")) {
            return new OpenException.Damaged(directory, message, failure);
        }
        if (lower.contains("no space left")) {
            return new OpenException.DiskFull(directory, failure);
        }
        return new OpenException.Unwritable(directory, message, failure);
    }

    @Override
    public void close() {
        HighWaterMark open = mark;
        try (lock) {
            if (open != null) {
                open.close();
            }
        } catch (IOException failure) {
            throw new IllegalStateException("cannot let go of " + directory, failure);
        }
    }
}
