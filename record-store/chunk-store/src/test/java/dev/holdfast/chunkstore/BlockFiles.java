package dev.holdfast.chunkstore;

import dev.holdfast.model.PackId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** A DataNode's own files, for damaging them behind its back. */
final class BlockFiles {
    private static final int META_HEADER_BYTES = 7;

    private BlockFiles() {}

    /** The block file of a pack, or of its copy on this DataNode. */
    static Path of(EmbeddedHdfs hdfs, int dataNode, PackId pack) throws IOException {
        List<Path> blocks;
        try (Stream<Path> walk = Files.walk(hdfs.blockDirectory(dataNode))) {
            blocks =
                    walk.filter(path -> path.getFileName().toString().startsWith("blk_"))
                            .filter(path -> !path.toString().endsWith(".meta"))
                            .toList();
        }
        for (Path block : blocks) {
            byte[] head = new byte[PackFormat.FILE_HEADER_BYTES];
            try (FileChannel file = FileChannel.open(block, StandardOpenOption.READ)) {
                if (file.read(ByteBuffer.wrap(head)) == head.length
                        && Arrays.equals(head, PackFormat.fileHeader(pack))) {
                    return block;
                }
            }
        }
        throw new IOException("no block of pack " + pack + " on DataNode " + dataNode);
    }

    /**
     * Flips a bit, and makes HDFS's own checksum agree if asked to.
     *
     * @param offset in the pack, which is the offset in its one block
     */
    static void flip(Path block, long offset, boolean fixChecksum) throws IOException {
        try (FileChannel file =
                FileChannel.open(block, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            file.read(one, offset);
            one.put(0, (byte) (one.get(0) ^ 1)).flip();
            file.write(one, offset);
            if (fixChecksum) {
                long unit = offset / PackFormat.ALIGNMENT;
                ByteBuffer bytes = ByteBuffer.allocate(PackFormat.ALIGNMENT);
                file.read(bytes, unit * PackFormat.ALIGNMENT);
                int crc = PackFormat.crc(bytes.array(), 0, bytes.position());
                writeChecksum(meta(block), unit, crc);
            }
        }
    }

    private static void writeChecksum(Path meta, long unit, int crc) throws IOException {
        try (FileChannel file = FileChannel.open(meta, StandardOpenOption.WRITE)) {
            ByteBuffer word = ByteBuffer.allocate(4).putInt(crc).flip();
            file.write(word, META_HEADER_BYTES + 4 * unit);
        }
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
