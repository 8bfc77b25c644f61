package dev.holdfast.chunkstore;

import dev.holdfast.model.Sha256;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import org.apache.hadoop.conf.Configuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process that stores chunks until it is killed, and prints the hash of each one that was
 * acknowledged. Arguments: directory, seed, and the address of an HDFS with three DataNodes;
 * without it the process has an HDFS of its own, which dies with it.
 */
final class CrashingWriter {
    private static final Logger log = LoggerFactory.getLogger(CrashingWriter.class);
    private static final int WAITING_MAX = 40;
    private static final long PACK_BYTES_MAX = 4L << 20;

    private CrashingWriter() {}

    public static void main(String[] arguments) {
        try {
            write(arguments);
        } catch (Exception | Error e) {
            log.error("the writer has failed", e);
        }
        // The threads of HDFS would keep a process alive of which the test waits for the next line.
        Runtime.getRuntime().halt(1);
    }

    private static void write(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        Chunks chunks = Chunks.of(Long.parseLong(arguments[1]));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        LoggedRows rows = LoggedRows.open(directory.resolve("rows"));
        ChunkStore store = arguments.length > 2 ? of(arguments[2], rows) : own(directory, rows);
        out.println("ready");
        Deque<CompletableFuture<Void>> waiting = new ArrayDeque<>();
        while (true) {
            int length = 1 + chunks.random().nextInt(60_000);
            byte[] bytes =
                    chunks.random().nextBoolean()
                            ? chunks.incompressible(length)
                            : chunks.compressible(length);
            Sha256 hash = Sha256.hash(bytes);
            waiting.add(
                    store.append(chunks.content(), hash, bytes)
                            .thenAccept(placement -> out.println(hash + " " + placement)));
            if (waiting.size() > WAITING_MAX) {
                waiting.removeFirst().get();
            }
        }
    }

    private static ChunkStore own(Path directory, LoggedRows rows) throws IOException {
        EmbeddedHdfs hdfs = EmbeddedHdfs.start(directory.resolve("hdfs"), 1, 1);
        return ChunkStore.open(
                hdfs.uri(),
                hdfs.configuration(),
                rows,
                ChunkStoreConfig.forEmbedded(1).withPackBytesMax(PACK_BYTES_MAX));
    }

    private static ChunkStore of(String uri, LoggedRows rows) {
        return ChunkStore.open(
                URI.create(uri),
                new Configuration(),
                rows,
                ChunkStoreConfig.forEmbedded(3)
                        .withReplication(3, 2)
                        .withPackBytesMax(PACK_BYTES_MAX));
    }
}
