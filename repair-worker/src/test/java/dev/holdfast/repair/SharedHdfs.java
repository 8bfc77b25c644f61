package dev.holdfast.repair;

import dev.holdfast.chunkstore.EmbeddedHdfs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One HDFS with three DataNodes for all tests of a JVM that stop none of them. */
final class SharedHdfs {
    static final int DATA_NODES = 3;

    private static @Nullable EmbeddedHdfs started;

    private SharedHdfs() {}

    static synchronized EmbeddedHdfs get() {
        EmbeddedHdfs hdfs = started;
        if (hdfs == null) {
            try {
                Path directory = Files.createTempDirectory("holdfast-repair-");
                hdfs = EmbeddedHdfs.start(directory, DATA_NODES, DATA_NODES);
                EmbeddedHdfs running = hdfs;
                Runtime.getRuntime()
                        .addShutdownHook(
                                new Thread(() -> {
                                    running.close();
                                    delete(directory);
                                }));
                started = hdfs;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return hdfs;
    }

    private static void delete(Path tree) {
        try (Stream<Path> walk = Files.walk(tree)) {
            List<Path> all = walk.sorted(Comparator.reverseOrder()).toList();
            for (Path path : all) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            // A temporary directory that a DataNode still writes to stays behind.
        }
    }
}
