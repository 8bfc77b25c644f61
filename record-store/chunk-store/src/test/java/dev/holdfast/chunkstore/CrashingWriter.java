package dev.holdfast.chunkstore;

import dev.holdfast.model.Sha256;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;

/**
 * A process that stores chunks until it is killed, and prints the hash of each one that was
 * acknowledged. Arguments: directory, seed.
 */
final class CrashingWriter {
    private static final int WAITING_MAX = 40;

    private CrashingWriter() {}

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        Chunks chunks = Chunks.of(Long.parseLong(arguments[1]));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        EmbeddedHdfs hdfs = EmbeddedHdfs.start(directory.resolve("hdfs"), 1, 1);
        ChunkStore store =
                ChunkStore.open(
                        hdfs.uri(),
                        hdfs.configuration(),
                        LoggedRows.open(directory.resolve("rows")),
                        ChunkStoreConfig.forEmbedded(1).withPackBytesMax(4L << 20));
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
}
