package dev.holdfast.repair;

import dev.holdfast.chunkstore.EmbeddedHdfs;
import dev.holdfast.model.PackId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** DataNodes' own files, for damaging them behind their backs. */
final class Damage {
    private static final int META_HEADER_BYTES = 7;
    private static final int CHECKSUM_UNIT = 512;

    private Damage() {}

    /** Block files of a DataNode; HDFS may delete some at any time. */
    static List<Path> blocks(EmbeddedHdfs hdfs, int dataNode) throws IOException {
        List<Path> blocks = new ArrayList<>();
        Files.walkFileTree(
                hdfs.blockDirectory(dataNode),
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                        String name = file.getFileName().toString();
                        if (name.startsWith("blk_") && !name.endsWith(".meta")) {
                            blocks.add(file);
                        }
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException failure) {
                        return FileVisitResult.CONTINUE;
                    }
                });
        return blocks;
    }

    /** The block file of a pack's replica on a DataNode. */
    static Optional<Path> replica(EmbeddedHdfs hdfs, int dataNode, PackId pack) throws IOException {
        for (Path block : blocks(hdfs, dataNode)) {
            if (isOf(pack, block)) {
                return Optional.of(block);
            }
        }
        return Optional.empty();
    }

    private static boolean isOf(PackId pack, Path block) throws IOException {
        byte[] head = new byte[32];
        try (FileChannel file = FileChannel.open(block, StandardOpenOption.READ)) {
            return file.read(ByteBuffer.wrap(head)) == head.length
                    && new String(head, 0, 6, StandardCharsets.US_ASCII).equals("HFPACK")
                    && Arrays.equals(Arrays.copyOfRange(head, 16, 32), pack.id().toBytes());
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** A DataNode keeps its id in its own directory. */
    static String node(EmbeddedHdfs hdfs, int dataNode) throws IOException {
        Path version = hdfs.blockDirectory(dataNode).resolve("current/VERSION");
        return Files.readAllLines(version).stream()
                .filter(line -> line.startsWith("datanodeUuid="))
                .map(line -> line.substring("datanodeUuid=".length()))
                .findFirst()
                .orElseThrow();
    }

    /** Every replica there is of a pack. */
    static List<Path> replicas(EmbeddedHdfs hdfs, int dataNodes, PackId pack) throws IOException {
        List<Path> all = new ArrayList<>();
        for (int node = 0; node < dataNodes; node++) {
            replica(hdfs, node, pack).ifPresent(all::add);
        }
        return all;
    }

    /** Flips a bit, and makes HDFS's own checksum agree if asked to. */
    static void flip(Path block, long offset, boolean fixChecksum) throws IOException {
        try (FileChannel file =
                FileChannel.open(block, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            file.read(one, offset);
            one.put(0, (byte) (one.get(0) ^ 1)).flip();
            file.write(one, offset);
            if (fixChecksum) {
                long unit = offset / CHECKSUM_UNIT;
                ByteBuffer bytes = ByteBuffer.allocate(CHECKSUM_UNIT);
                file.read(bytes, unit * CHECKSUM_UNIT);
                CRC32C crc = new CRC32C();
                crc.update(bytes.array(), 0, bytes.position());
                writeChecksum(block, unit, (int) crc.getValue());
            }
        }
    }

    /** Makes HDFS disbelieve good bytes. */
    static void breakChecksum(Path block, long offset) throws IOException {
        writeChecksum(block, offset / CHECKSUM_UNIT, 0x0badbeef);
    }

    private static void writeChecksum(Path block, long unit, int crc) throws IOException {
        try (FileChannel file = FileChannel.open(meta(block), StandardOpenOption.WRITE)) {
            ByteBuffer word = ByteBuffer.allocate(4).putInt(crc).flip();
            file.write(word, META_HEADER_BYTES + 4 * unit);
        }
    }

    static void truncate(Path block, long length) throws IOException {
        try (FileChannel file = FileChannel.open(block, StandardOpenOption.WRITE)) {
            file.truncate(length);
        }
    }

    static void delete(Path block) throws IOException {
        Files.delete(meta(block));
        Files.delete(block);
    }

    static Path meta(Path block) throws IOException {
        try (Stream<Path> siblings = Files.list(block.resolveSibling("."))) {
            return siblings.filter(path ->
                            path.getFileName().toString().startsWith(block.getFileName() + "_")
                                    && path.toString().endsWith(".meta"))
                    .findFirst()
                    .orElseThrow(() -> new IOException("no checksums beside " + block));
        }
    }
}
