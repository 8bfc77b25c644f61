package dev.holdfast.benchmarks;

import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.chunkstore.EmbeddedHdfs;
import dev.holdfast.chunkstore.RecordCheck;
import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.model.Sha256;
import dev.holdfast.repair.RepairWorker;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/** One bad chunk among very many, on one of two replicas, where HDFS believes it. */
final class ScrubHealing {
    private static final int CHUNKS = Integer.getInteger("holdfast.bench.chunks", 100_000);
    private static final int CHUNK_BYTES = 4 << 10;
    private static final int META_HEADER_BYTES = 7;
    private static final int CHECKSUM_UNIT = 512;
    private static final int PACK_ID_AT = 16;
    private static final int PACK_ID_END = 32;

    private ScrubHealing() {}

    static void measure(Path scratch, Map<String, String> figures) throws Exception {
        try (EmbeddedHdfs hdfs = EmbeddedHdfs.start(scratch.resolve("two"), 2, 2);
                ScrubCell cell = new ScrubCell(hdfs, scratch.resolve("many"), 2)) {
            cell.upload(CHUNKS, CHUNK_BYTES);
            byte[] victim = ScrubCell.chunk(CHUNKS * 2 / 3, CHUNK_BYTES);
            Sha256 hash = Sha256.hash(victim);
            ChunkLocation bad = cell.location(hash);
            damage(hdfs.blockDirectory(1), bad);
            try (RepairWorker worker = cell.worker(() -> 0)) {
                long began = System.nanoTime();
                cell.scrub(worker, true, true, 1);
                double all = (System.nanoTime() - began) / 1e9;
                if (cell.location(hash).pack().equals(bad.pack())) {
                    throw new IllegalStateException("the bad chunk was not healed");
                }
                try (ChunkStore store = cell.open()) {
                    if (!Arrays.equals(store.read(hash, cell.location(hash)), victim)) {
                        throw new IllegalStateException("the healed chunk is another one");
                    }
                }
                figures.put(
                        "one bad chunk among " + CHUNKS,
                        String.format(
                                Locale.ROOT,
                                "whole scrub of both replicas %.1f s, healed %.2f s after it was"
                                        + " seen",
                                all,
                                worker.meter().repairSeconds()));
            }
        }
    }

    /** Flips a bit in the middle of the payload, and makes HDFS's checksum agree. */
    private static void damage(Path dataNode, ChunkLocation at) throws IOException {
        Path block = block(dataNode, at);
        long offset = at.offset() + RecordCheck.HEADER_BYTES + at.storedLength() / 2;
        long unit = offset / CHECKSUM_UNIT;
        ByteBuffer bytes = ByteBuffer.allocate(CHECKSUM_UNIT);
        try (FileChannel file =
                FileChannel.open(block, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            file.read(bytes, unit * CHECKSUM_UNIT);
            int index = (int) (offset % CHECKSUM_UNIT);
            bytes.put(index, (byte) (bytes.get(index) ^ 1));
            file.write(bytes.slice(index, 1), offset);
        }
        CRC32C crc = new CRC32C();
        crc.update(bytes.array(), 0, bytes.position());
        ByteBuffer word = ByteBuffer.allocate(Integer.BYTES).putInt((int) crc.getValue()).flip();
        try (FileChannel file = FileChannel.open(meta(block), StandardOpenOption.WRITE)) {
            file.write(word, META_HEADER_BYTES + Integer.BYTES * unit);
        }
    }

    private static Path meta(Path block) throws IOException {
        try (Stream<Path> siblings = Files.list(block.resolveSibling("."))) {
            return siblings.filter(
                            path -> {
                                String name = String.valueOf(path.getFileName());
                                return name.startsWith(block.getFileName() + "_")
                                        && name.endsWith(".meta");
                            })
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static Path block(Path dataNode, ChunkLocation at) throws IOException {
        List<Path> blocks;
        try (Stream<Path> files = Files.walk(dataNode)) {
            blocks =
                    files.filter(
                                    path -> {
                                        String name = String.valueOf(path.getFileName());
                                        return name.startsWith("blk_") && !name.endsWith(".meta");
                                    })
                            .toList();
        }
        for (Path block : blocks) {
            ByteBuffer head = ByteBuffer.allocate(PACK_ID_END);
            try (FileChannel file = FileChannel.open(block, StandardOpenOption.READ)) {
                file.read(head);
            }
            if (Arrays.equals(
                    Arrays.copyOfRange(head.array(), PACK_ID_AT, PACK_ID_END),
                    at.pack().id().toBytes())) {
                return block;
            }
        }
        throw new IOException("the DataNode has no replica of pack " + at.pack());
    }
}
