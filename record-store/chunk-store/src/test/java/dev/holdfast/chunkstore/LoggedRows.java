package dev.holdfast.chunkstore;

import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.ChunkRows;
import dev.holdfast.metadata.OpenPack;
import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.metadata.PlacedChunk;
import dev.holdfast.metadata.Placement;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Rows that survive the death of their process: every change is a line of a file, written first.
 */
final class LoggedRows implements ChunkRows {
    private final MemoryChunkRows rows;
    private final Path log;

    private LoggedRows(MemoryChunkRows rows, Path log) {
        this.rows = rows;
        this.log = log;
    }

    /** The rows as the file has them. */
    static LoggedRows open(Path log) throws IOException {
        MemoryChunkRows rows = new MemoryChunkRows();
        Map<PackId, Map<Sha256, ChunkLocation>> packs = new HashMap<>();
        Map<PackId, Long> sealed = new HashMap<>();
        List<String> lines = Files.exists(log) ? Files.readAllLines(log) : List.of();
        for (String line : lines) {
            String[] word = line.split(" ", -1);
            PackId pack = PackId.parse(word[1]);
            switch (word[0]) {
                case "begin" -> packs.put(pack, new HashMap<>());
                case "seal" -> sealed.put(pack, Long.parseLong(word[2]));
                default -> {
                    ChunkLocation location =
                            new ChunkLocation(
                                    pack,
                                    Long.parseLong(word[3]),
                                    Integer.parseInt(word[4]),
                                    Integer.parseInt(word[5]),
                                    Integer.parseInt(word[6]),
                                    1);
                    packs.computeIfAbsent(pack, id -> new HashMap<>())
                            .putIfAbsent(Sha256.parse(word[2]), location);
                }
            }
        }
        packs.forEach(rows::restore);
        sealed.forEach((pack, length) -> rows.sealPack(new PackWriterLease(pack, 1), length));
        return new LoggedRows(rows, log);
    }

    private void line(String text) {
        try {
            Files.writeString(
                    log, text + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public synchronized PackWriterLease beginPack() {
        PackWriterLease lease = rows.beginPack();
        line("begin " + lease.pack());
        return lease;
    }

    @Override
    public synchronized List<Placement> place(PackWriterLease lease, List<PlacedChunk> records) {
        StringBuilder lines = new StringBuilder();
        for (PlacedChunk record : records) {
            lines.append(
                    "chunk %s %s %d %d %d %d%n"
                            .formatted(
                                    lease.pack(),
                                    record.hash(),
                                    record.offset(),
                                    record.plainLength(),
                                    record.storedLength(),
                                    record.codec()));
        }
        List<Placement> outcomes = rows.place(lease, records);
        line(lines.toString().stripTrailing());
        return outcomes;
    }

    @Override
    public synchronized void sealPack(PackWriterLease lease, long length) {
        rows.sealPack(lease, length);
        line("seal " + lease.pack() + " " + length);
    }

    @Override
    public Map<Sha256, ChunkLocation> locate(Collection<Sha256> hashes) {
        return rows.locate(hashes);
    }

    @Override
    public List<OpenPack> openPacks() {
        return rows.openPacks();
    }

    @Override
    public PackWriterLease raiseEpoch(PackId pack) {
        return rows.raiseEpoch(pack);
    }
}
