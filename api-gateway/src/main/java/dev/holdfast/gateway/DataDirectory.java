package dev.holdfast.gateway;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Everything one server process keeps: {@code metadata/} (the embedded engine), {@code hdfs/}
 * (NameNode and DataNodes), {@code logs/} and {@code admin.token}. While it is open, no other
 * process can open it. Opening looks before it touches: what cannot be used is left as it was.
 */
public final class DataDirectory implements AutoCloseable {
    private static final String LOCK = "holdfast.lock";
    private static final String TOKEN = "admin.token";
    private static final int TOKEN_BYTES = 32;

    /** The engines write ahead and would stop in the middle of work on less. */
    private static final long FREE_BYTES_MIN = 256L << 20;

    private static final Set<PosixFilePermission> OWNER_ONLY =
            PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> OWNER_ONLY_DIRECTORY =
            PosixFilePermissions.fromString("rwx------");

    private final Path path;
    private final FileChannel channel;
    private final FileLock lock;

    private DataDirectory(Path path, FileChannel channel, FileLock lock) {
        this.path = path;
        this.channel = channel;
        this.lock = lock;
    }

    /**
     * Makes the directory where it is missing, and locks it.
     *
     * @throws StartupException when another process has it, or it cannot be used
     */
    public static DataDirectory open(Path given) {
        Path path = given.toAbsolutePath().normalize();
        make(path);
        requireRoom(path);
        @Nullable FileChannel channel = null;
        try {
            channel =
                    FileChannel.open(
                            path.resolve(LOCK),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
            FileLock lock = lock(channel);
            if (lock == null) {
                channel.close();
                throw new StartupException(
                        StartupException.LOCKED,
                        path
                                + " is in use by another holdfast; stop that one, or give this one"
                                + " another --data");
            }
            return new DataDirectory(path, channel, lock);
        } catch (AccessDeniedException e) {
            throw StartupException.failed(notWritable(path), e);
        } catch (IOException e) {
            throw StartupException.failed(explain(path, e), e);
        }
    }

    /** Absolute. */
    public Path path() {
        return path;
    }

    public Path metadata() {
        return path.resolve("metadata");
    }

    public Path hdfs() {
        return path.resolve("hdfs");
    }

    public Path logs() {
        return path.resolve("logs");
    }

    /** For files that live no longer than a request. */
    public Path spool() {
        return path.resolve("spool");
    }

    public Path adminTokenFile() {
        return path.resolve(TOKEN);
    }

    /** The admin token, made at the first start and readable by the owner only. */
    public String adminToken() {
        Path file = adminTokenFile();
        try {
            if (Files.exists(file)) {
                String token = Files.readString(file, StandardCharsets.US_ASCII).strip();
                if (token.length() < TOKEN_BYTES) {
                    throw new StartupException(
                            StartupException.FAILED,
                            file + " holds no token; delete it and a new one is made");
                }
                return token;
            }
            byte[] bytes = new byte[TOKEN_BYTES];
            new SecureRandom().nextBytes(bytes);
            String token = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
            Path fresh = path.resolve(TOKEN + ".new");
            Files.deleteIfExists(fresh);
            Files.createFile(fresh, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
            Files.writeString(fresh, token + "\n", StandardCharsets.US_ASCII);
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
            return token;
        } catch (IOException e) {
            throw StartupException.failed(explain(file, e), e);
        }
    }

    @Override
    public void close() {
        try {
            lock.release();
            channel.close();
        } catch (IOException e) {
            // The end of the process releases the lock as well.
        }
    }

    /** A failure of the file system in a sentence that says what to do. */
    public static String explain(Path path, IOException e) {
        if (e instanceof AccessDeniedException) {
            return notWritable(path);
        }
        String reason = String.valueOf(e.getMessage());
        if (e instanceof FileSystemException failure && failure.getReason() != null) {
            reason = failure.getReason();
        }
        if (reason.contains("No space left") || reason.contains("quota exceeded")) {
            return "no space is left on the disk of " + path + "; free some or give another --data";
        }
        if (reason.contains("Read-only file system")) {
            return path + " is on a read-only file system; give another --data";
        }
        return "cannot use " + path + " (" + reason + "); check it, or give another --data";
    }

    private static void make(Path path) {
        try {
            Files.createDirectories(
                    path, PosixFilePermissions.asFileAttribute(OWNER_ONLY_DIRECTORY));
        } catch (FileAlreadyExistsException e) {
            throw StartupException.failed(
                    path + " is a file; --data names a directory, which is made if it is missing",
                    e);
        } catch (IOException e) {
            throw StartupException.failed(explain(path, e), e);
        }
        if (!Files.isWritable(path) || !Files.isExecutable(path)) {
            throw new StartupException(StartupException.FAILED, notWritable(path));
        }
    }

    private static void requireRoom(Path path) {
        try {
            long free = Files.getFileStore(path).getUsableSpace();
            if (free < FREE_BYTES_MIN) {
                throw new StartupException(
                        StartupException.FAILED,
                        "too little space on the disk of "
                                + path
                                + ": "
                                + (free >> 20)
                                + " MiB are free, "
                                + (FREE_BYTES_MIN >> 20)
                                + " MiB are needed; free some or give another --data");
            }
        } catch (IOException e) {
            throw StartupException.failed(explain(path, e), e);
        }
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static String notWritable(Path path) {
        return path + " is not writable for this user; change its owner or give another --data";
    }
}
