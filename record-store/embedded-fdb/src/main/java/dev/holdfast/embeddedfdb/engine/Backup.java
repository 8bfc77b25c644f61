package dev.holdfast.embeddedfdb.engine;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.rocksdb.Checkpoint;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/**
 * Copies of a database directory. A backup is a directory like the one it was taken from, without
 * the mark of acknowledged commits, so it can be opened as it is or copied back.
 */
public final class Backup {
    private static final int BLOCK_BYTES = 1 << 20;

    /** How the directories of links begin, which are there while a copy is made. */
    private static final String LINKS = ".copying-";

    private Backup() {}

    /** Told how far a copy is. */
    @FunctionalInterface
    public interface Progress {
        /** Nothing is told. */
        Progress NONE = (copied, total) -> {};

        /** Bytes copied so far and in all. */
        void copied(long bytes, long total);
    }

    /** Copies a consistent state of the open database. */
    static void copy(RocksDB db, Path target, Progress progress)
            throws IOException, RocksDBException {
        requireEmpty(target);
        // Hard links beside the data, so that the copying itself holds nothing of the engine.
        Path links = Path.of(db.getName()).resolveSibling(LINKS + System.nanoTime());
        try (Checkpoint checkpoint = Checkpoint.create(db)) {
            checkpoint.createCheckpoint(links.toString());
            copyFiles(links, target.resolve("data"), progress);
            DatabaseDirectory.writeFormat(target);
        } finally {
            delete(links);
        }
    }

    /** Copies a backup to an absent or empty directory. */
    static void restore(Path backup, Path directory, Progress progress) throws IOException {
        requireEmpty(directory);
        copyFiles(backup.resolve("data"), directory.resolve("data"), progress);
        DatabaseDirectory.writeFormat(directory);
    }

    /** Removes the links of copies whose process ended; they would keep old files for ever. */
    static void removeAbandoned(Path directory) throws IOException {
        List<Path> abandoned;
        try (Stream<Path> entries = Files.list(directory)) {
            abandoned =
                    entries.filter(entry -> String.valueOf(entry.getFileName()).startsWith(LINKS))
                            .toList();
        }
        for (Path links : abandoned) {
            delete(links);
        }
    }

    private static void requireEmpty(Path target) throws IOException {
        Files.createDirectories(target);
        try (Stream<Path> entries = Files.list(target)) {
            if (entries.findAny().isPresent()) {
                throw new IOException(target + " is not empty; name an empty or absent directory");
            }
        }
    }

    private static void copyFiles(Path from, Path to, Progress progress) throws IOException {
        Files.createDirectories(to);
        List<Path> files;
        try (Stream<Path> entries = Files.list(from)) {
            files = entries.filter(Files::isRegularFile).sorted().toList();
        }
        long total = 0;
        for (Path file : files) {
            total += Files.size(file);
        }
        long copied = 0;
        for (Path file : files) {
            String name = String.valueOf(file.getFileName());
            if (!name.equals("LOCK")) {
                copied = copyFile(file, to.resolve(name), copied, total, progress);
            }
        }
        DatabaseDirectory.force(to);
    }

    private static long copyFile(Path from, Path to, long before, long total, Progress progress)
            throws IOException {
        long copied = before;
        byte[] block = new byte[BLOCK_BYTES];
        try (InputStream in = Files.newInputStream(from);
                FileChannel channel =
                        FileChannel.open(
                                to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            OutputStream out = Channels.newOutputStream(channel);
            for (int read = in.read(block); read > 0; read = in.read(block)) {
                out.write(block, 0, read);
                copied += read;
                progress.copied(copied, total);
            }
            channel.force(true);
        }
        return copied;
    }

    private static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> entries = Files.walk(directory)) {
            for (Path entry : entries.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(entry);
            }
        }
    }
}
