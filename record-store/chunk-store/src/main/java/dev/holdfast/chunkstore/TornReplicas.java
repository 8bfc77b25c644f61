package dev.holdfast.chunkstore;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replicas that a DataNode was making, or finishing, at the very moment it was killed.
 *
 * <p>A replica is two files, and the name of its checksum file tells its generation. A DataNode
 * that finds one without takes it for generation 0, and then no recovery of its lease ever
 * succeeds: with one copy of each block, what it held could not be read again, and every start
 * would wait for it. Two steps of HDFS leave such a thing behind: a new replica's data file is made
 * before its checksum file, and a finished one's checksum file is moved before its data file.
 */
final class TornReplicas {
    private static final Logger log = LoggerFactory.getLogger(TornReplicas.class);
    private static final Pattern DATA = Pattern.compile("blk_(-?\\d+)");

    private TornReplicas() {}

    /**
     * Puts right what lies in a DataNode's directory, unless somebody uses it: an empty replica
     * without checksums is deleted, for it held nothing yet, and a move that was half done is done.
     */
    static void mend(Path directory) throws IOException {
        Path current = directory.resolve("current");
        if (!Files.isDirectory(current)) {
            return;
        }
        // The lock that a DataNode holds while it runs.
        try (FileChannel channel =
                        FileChannel.open(
                                directory.resolve("in_use.lock"),
                                StandardOpenOption.CREATE,
                                StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            if (lock == null) {
                return;
            }
            try (DirectoryStream<Path> pools = Files.newDirectoryStream(current, "BP-*")) {
                for (Path pool : pools) {
                    mendPool(pool.resolve("current"));
                }
            }
        } catch (OverlappingFileLockException e) {
            log.debug("{} is in use by this process", directory, e);
        }
    }

    private static void mendPool(Path pool) throws IOException {
        Path writing = pool.resolve("rbw");
        if (!Files.isDirectory(writing)) {
            return;
        }
        boolean torn = false;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(writing, "blk_*")) {
            for (Path file : files) {
                Matcher name = DATA.matcher(file.getFileName().toString());
                if (name.matches() && !hasChecksums(writing, file)) {
                    mendReplica(file, finished(pool, Long.parseLong(name.group(1))));
                    torn = true;
                }
            }
        }
        if (torn) {
            // A DataNode that ended by itself believes what it wrote down then.
            Files.deleteIfExists(pool.resolve("replicas"));
        }
    }

    private static void mendReplica(Path file, Path finished) throws IOException {
        if (Files.isDirectory(finished) && hasChecksums(finished, file)) {
            Path target = finished.resolve(file.getFileName());
            if (!Files.exists(target)) {
                Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
                log.warn("{} was being finished when the process ended: it is now", file);
            }
        } else if (Files.size(file) == 0) {
            Files.delete(file);
            log.info("{} was being made when the process ended: nothing was in it yet", file);
        } else {
            log.warn("{} has no checksum file: HDFS will not read it", file);
        }
    }

    private static boolean hasChecksums(Path directory, Path file) throws IOException {
        try (DirectoryStream<Path> found =
                Files.newDirectoryStream(directory, file.getFileName() + "_*.meta")) {
            return found.iterator().hasNext();
        }
    }

    /** Where a DataNode keeps the block once it is finished: by 10 bits of its id. */
    private static Path finished(Path pool, long block) {
        return pool.resolve("finalized")
                .resolve("subdir" + ((block >> 16) & 0x1F))
                .resolve("subdir" + ((block >> 8) & 0x1F));
    }
}
