package dev.holdfast.chunkstore;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One HDFS with one DataNode for all tests of a JVM that do not break it. */
final class SharedHdfs {
    private static final AtomicInteger roots = new AtomicInteger();
    private static @Nullable EmbeddedHdfs started;

    private SharedHdfs() {}

    static synchronized EmbeddedHdfs get() {
        EmbeddedHdfs hdfs = started;
        if (hdfs == null) {
            try {
                Path directory = Files.createTempDirectory("holdfast-hdfs-");
                hdfs = EmbeddedHdfs.start(directory, 1, 1);
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

    /** A configuration with a root of its own and small packs. */
    static ChunkStoreConfig config() {
        return ChunkStoreConfig.forEmbedded(1)
                .withRoot("/test-" + roots.incrementAndGet())
                .withPackBytesMax(8L << 20);
    }

    static ChunkStore open(ChunkStoreConfig config, MemoryChunkRows rows) {
        return ChunkStore.open(get().uri(), get().configuration(), rows, config);
    }

    static void delete(Path tree) {
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
