package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.metadata.Placement;
import dev.holdfast.model.Sha256;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.hadoop.util.ExitUtil;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** The HDFS of {@code up}: durable, honest about its directory, loud when it dies. */
final class EmbeddedHdfsTest {
    @TempDir(cleanup = CleanupMode.NEVER)
    Path directory;

    private final MemoryChunkRows rows = new MemoryChunkRows();
    private final Chunks chunks = Chunks.of(5);

    private static ChunkStoreConfig config() {
        return ChunkStoreConfig.forEmbedded(1).withPackBytesMax(8L << 20);
    }

    private ChunkStore open(EmbeddedHdfs hdfs) {
        return ChunkStore.open(hdfs.uri(), hdfs.configuration(), rows, config());
    }

    private Placement append(ChunkStore store, byte[] bytes) throws Exception {
        return store.append(chunks.content(), Sha256.hash(bytes), bytes).get(60, TimeUnit.SECONDS);
    }

    private byte[] read(ChunkStore store, byte[] bytes) {
        return store.read(Sha256.hash(bytes), rows.location(Sha256.hash(bytes)));
    }

    @Test
    void aRestartFindsEverything() throws Exception {
        List<byte[]> written = new ArrayList<>();
        for (int round = 0; round < 2; round++) {
            try (EmbeddedHdfs hdfs = EmbeddedHdfs.start(directory, 1, 1);
                    ChunkStore store = open(hdfs)) {
                for (byte[] bytes : written) {
                    assertThat(read(store, bytes)).isEqualTo(bytes);
                }
                written.add(chunks.incompressible(300_000));
                append(store, written.getLast());
            }
        }
        assertThat(written).hasSize(2);
        SharedHdfs.delete(directory);
    }

    @Test
    void everythingListensOnTheLoopbackInterfaceOnly() throws Exception {
        assertThat(SharedHdfs.get().uri().getHost()).isEqualTo("127.0.0.1");
        String pid = Long.toString(ProcessHandle.current().pid());
        List<String> listening = new ArrayList<>();
        List<String> inodes = socketsOf(pid);
        for (String table : List.of("tcp", "tcp6")) {
            for (String line : Files.readAllLines(Path.of("/proc", pid, "net", table))) {
                String[] fields = line.trim().split("\\s+", -1);
                if (fields.length > 9 && fields[3].equals("0A") && inodes.contains(fields[9])) {
                    listening.add(fields[1]);
                }
            }
        }
        assertThat(listening).hasSizeGreaterThan(3);
        for (String address : listening) {
            String host = address.substring(0, address.indexOf(':'));
            // Little-endian words: 127.0.0.1, or the same mapped into IPv6, or ::1.
            assertThat(host)
                    .isIn(
                            "0100007F",
                            "0000000000000000FFFF00000100007F",
                            "00000000000000000000000001000000");
        }
        assertThat(InetAddress.getLoopbackAddress().isLoopbackAddress()).isTrue();
    }

    private static List<String> socketsOf(String pid) throws IOException {
        List<String> inodes = new ArrayList<>();
        try (Stream<Path> files = Files.list(Path.of("/proc", pid, "fd"))) {
            for (Path file : files.toList()) {
                try {
                    String target = Files.readSymbolicLink(file).toString();
                    if (target.startsWith("socket:[")) {
                        inodes.add(target.substring(8, target.length() - 1));
                    }
                } catch (IOException e) {
                    // The descriptor was closed meanwhile.
                }
            }
        }
        return inodes;
    }

    @Test
    void aSecondStartOnTheSameDirectoryIsRefusedAndHarmsNothing() throws Exception {
        byte[] bytes = chunks.incompressible(1_000);
        try (EmbeddedHdfs hdfs = EmbeddedHdfs.start(directory, 1, 1);
                ChunkStore store = open(hdfs)) {
            append(store, bytes);
            assertThatThrownBy(() -> EmbeddedHdfs.start(directory, 1, 1))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("another process uses");
            assertThat(read(store, bytes)).isEqualTo(bytes);
        }
        SharedHdfs.delete(directory);
    }

    @Test
    void aNamespaceThatIsGoneOrDamagedIsNotFormattedOver() throws Exception {
        EmbeddedHdfs.start(directory, 1, 1).close();
        Path version = directory.resolve("name/current/VERSION");
        byte[] before = Files.readAllBytes(version);
        Files.delete(version);
        assertThatThrownBy(() -> EmbeddedHdfs.start(directory, 1, 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("damaged");
        Files.write(version, before);
        Files.move(directory.resolve("name"), directory.resolve("elsewhere"));
        assertThatThrownBy(() -> EmbeddedHdfs.start(directory, 1, 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("is missing although blocks are there");
        Files.move(directory.resolve("elsewhere"), directory.resolve("name"));
        EmbeddedHdfs.start(directory, 1, 1).close();
        SharedHdfs.delete(directory);
    }

    @Test
    void aDirectoryThatCannotBeWrittenIsNamed() throws Exception {
        Path file = directory.resolve("file");
        Files.writeString(file, "not a directory");
        assertThatThrownBy(() -> EmbeddedHdfs.start(file.resolve("hdfs"), 1, 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot write to the data directory");
    }

    @Test
    void fewerDataNodesThanTheDirectoryHasAreRefused() throws Exception {
        Files.createDirectories(directory.resolve("data-0"));
        Files.createDirectories(directory.resolve("data-1"));
        assertThatThrownBy(() -> EmbeddedHdfs.start(directory, 1, 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("was written by 2 DataNodes");
    }

    @Test
    void aDeadDataNodeMakesChunksUnavailableAndNotLost() throws Exception {
        byte[] bytes = chunks.incompressible(10_000);
        try (EmbeddedHdfs hdfs = EmbeddedHdfs.start(directory, 1, 1);
                ChunkStore store = open(hdfs)) {
            append(store, bytes);
            hdfs.stopDataNode(0);
            assertThatThrownBy(() -> read(store, bytes))
                    .isInstanceOf(StorageUnavailableException.class);
            assertThatThrownBy(() -> append(store, chunks.incompressible(10_000)))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(StorageUnavailableException.class);
        }
        SharedHdfs.delete(directory);
    }

    @Test
    void aDeadNameNodeMakesChunksUnavailableAndNotLost() throws Exception {
        byte[] bytes = chunks.incompressible(10_000);
        ChunkStore store;
        try (EmbeddedHdfs hdfs = EmbeddedHdfs.start(directory, 1, 1)) {
            store = open(hdfs);
            append(store, bytes);
        }
        try (store) {
            assertThatThrownBy(() -> read(store, bytes))
                    .isInstanceOf(StorageUnavailableException.class);
            assertThatThrownBy(() -> append(store, chunks.incompressible(10_000)))
                    .hasCauseInstanceOf(StorageUnavailableException.class);
        }
        SharedHdfs.delete(directory);
    }

    @Test
    void aFatalErrorIsToldOnce() throws Exception {
        CompletableFuture<Throwable> told = new CompletableFuture<>();
        try (EmbeddedHdfs hdfs =
                EmbeddedHdfs.start(
                        directory,
                        1,
                        1,
                        failure -> {
                            if (!told.complete(failure)) {
                                throw new AssertionError("told twice");
                            }
                        })) {
            assertThat(hdfs.uri().getPort()).isPositive();
            // What a NameNode calls when, say, its edit log cannot be written any more.
            assertThatThrownBy(() -> ExitUtil.terminate(1, "the edit log is gone"))
                    .isInstanceOf(ExitUtil.ExitException.class);
            assertThat(told.get(10, TimeUnit.SECONDS)).hasMessageContaining("the edit log is gone");
        } finally {
            ExitUtil.resetFirstExitException();
        }
        SharedHdfs.delete(directory);
    }

    @Test
    void anUnreachableHdfsIsUnavailable() {
        java.net.URI nobody = java.net.URI.create("hdfs://127.0.0.1:1");
        assertThatThrownBy(() ->
                        ChunkStore.open(nobody, SharedHdfs.get().configuration(), rows, config()))
                .isInstanceOf(StorageUnavailableException.class);
    }

    @Test
    void anotherFileSystemIsRefused() {
        assertThatThrownBy(() ->
                        ChunkStore.open(
                                java.net.URI.create("file:///"),
                                SharedHdfs.get().configuration(),
                                rows,
                                config()))
                .isInstanceOf(StorageUnsuitableException.class)
                .hasMessageContaining("hdfs://");
    }
}
