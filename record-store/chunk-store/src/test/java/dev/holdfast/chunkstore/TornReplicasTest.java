package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process that is killed between two files of one replica leaves to the next one. */
class TornReplicasTest {
    private static final byte[] BYTES = "synced".getBytes(StandardCharsets.US_ASCII);
    private static final Duration RECOVERY_MAX = Duration.ofSeconds(10);
    private static final org.apache.hadoop.fs.Path FILE = new org.apache.hadoop.fs.Path("/file");

    @TempDir Path directory;

    /** A copy of what lies on the disk while the file is open: all that a killed process leaves. */
    private Path whileOpen(byte[] content, boolean synced) throws IOException {
        Path copy = directory.resolve("copy");
        try (EmbeddedHdfs hdfs = EmbeddedHdfs.start(directory.resolve("hdfs"), 1, 1);
                FileSystem files = FileSystem.newInstance(hdfs.uri(), hdfs.configuration());
                FSDataOutputStream out = files.create(FILE)) {
            out.write(content);
            if (synced) {
                out.hsync();
            }
            awaitReplica(directory.resolve("hdfs"));
            copy(directory.resolve("hdfs"), copy);
        }
        return copy;
    }

    private static void copy(Path from, Path to) throws IOException {
        List<Path> all;
        try (Stream<Path> walk = Files.walk(from)) {
            all = walk.filter(path -> !path.endsWith("in_use.lock")).toList();
        }
        for (Path path : all) {
            Files.copy(path, to.resolve(from.relativize(path)));
        }
    }

    private static Path replica(Path hdfs, String suffix) throws IOException {
        try (Stream<Path> walk = Files.walk(hdfs)) {
            return walk.filter(path -> path.toString().matches(".*/rbw/blk_\\d+" + suffix))
                    .findAny()
                    .orElseThrow();
        }
    }

    private static void awaitReplica(Path hdfs) throws IOException {
        long until = System.nanoTime() + RECOVERY_MAX.toNanos();
        while (true) {
            try {
                replica(hdfs, "_\\d+\\.meta");
                return;
            } catch (NoSuchElementException | UncheckedIOException e) {
                assertThat(System.nanoTime()).as("nothing is written: %s", e).isLessThan(until);
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            }
        }
    }

    private static byte[] recovered(Path data) throws Exception {
        try (EmbeddedHdfs hdfs = EmbeddedHdfs.start(data, 1, 1);
                FileSystem files = FileSystem.newInstance(hdfs.uri(), hdfs.configuration())) {
            long until = System.nanoTime() + RECOVERY_MAX.toNanos();
            while (!((DistributedFileSystem) files).recoverLease(FILE)) {
                assertThat(System.nanoTime()).as("the lease was not recovered").isLessThan(until);
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            }
            try (FSDataInputStream in = files.open(FILE)) {
                return in.readAllBytes();
            }
        }
    }

    @Test
    void aReplicaThatWasBeingMadeIsGone() throws Exception {
        // So much that HDFS begins to send it unasked.
        Path left = whileOpen(new byte[1 << 20], false);
        Files.delete(replica(left, "_\\d+\\.meta"));
        Files.write(replica(left, ""), new byte[0]);
        assertThat(recovered(left)).isEmpty();
    }

    @Test
    void aReplicaThatWasBeingFinishedIsFinished() throws Exception {
        Path left = whileOpen(BYTES, true);
        Path checksums = replica(left, "_\\d+\\.meta");
        Path finished = checksums.resolve("../../finalized/subdir0/subdir0").normalize();
        Files.createDirectories(finished);
        Files.move(
                checksums,
                finished.resolve(checksums.getFileName()),
                StandardCopyOption.ATOMIC_MOVE);
        assertThat(recovered(left)).isEqualTo(BYTES);
    }

    @Test
    void aReplicaThatIsBeingWrittenStaysAsItIs() throws Exception {
        assertThat(recovered(whileOpen(BYTES, true))).isEqualTo(BYTES);
    }
}
