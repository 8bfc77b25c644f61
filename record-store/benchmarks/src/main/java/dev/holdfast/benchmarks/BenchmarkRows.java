package dev.holdfast.benchmarks;

import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.ChunkRows;
import dev.holdfast.metadata.OpenPack;
import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.metadata.PlacedChunk;
import dev.holdfast.metadata.Placement;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;

/** Rows that cost nothing. */
final class BenchmarkRows implements ChunkRows {
    private final Map<Sha256, ChunkLocation> chunks = new ConcurrentHashMap<>();
    private final SplittableRandom random = new SplittableRandom();

    @Override
    public synchronized PackWriterLease beginPack() {
        return new PackWriterLease(PackId.random(random), 1);
    }

    @Override
    public List<Placement> place(PackWriterLease lease, List<PlacedChunk> records) {
        List<Placement> outcomes = new ArrayList<>(records.size());
        for (PlacedChunk record : records) {
            chunks.put(
                    record.hash(),
                    new ChunkLocation(
                            lease.pack(),
                            record.offset(),
                            record.plainLength(),
                            record.storedLength(),
                            record.codec(),
                            1));
            outcomes.add(Placement.PLACED);
        }
        return outcomes;
    }

    @Override
    public void sealPack(PackWriterLease lease, long length) {}

    @Override
    public Map<Sha256, ChunkLocation> locate(Collection<Sha256> hashes) {
        Map<Sha256, ChunkLocation> found = new HashMap<>();
        for (Sha256 hash : hashes) {
            ChunkLocation location = chunks.get(hash);
            if (location != null) {
                found.put(hash, location);
            }
        }
        return found;
    }

    @Override
    public List<OpenPack> openPacks() {
        return List.of();
    }

    @Override
    public PackWriterLease raiseEpoch(PackId pack) {
        return new PackWriterLease(pack, 2);
    }

    ChunkLocation location(Sha256 hash) {
        return Objects.requireNonNull(chunks.get(hash), "the chunk has no row");
    }
}
