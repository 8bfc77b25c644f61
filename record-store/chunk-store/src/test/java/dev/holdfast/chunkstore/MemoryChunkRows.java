package dev.holdfast.chunkstore;

import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.ChunkRows;
import dev.holdfast.metadata.OpenPack;
import dev.holdfast.metadata.PackFencedException;
import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.metadata.PlacedChunk;
import dev.holdfast.metadata.Placement;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** The rows in memory, with the rules of T1, T2 and T11. */
final class MemoryChunkRows implements ChunkRows {
    /** A reference: this content holds this chunk. */
    record Ref(ContentId content, Sha256 hash) {}

    /** A pack's row; sealed at a length of 0 or more, or open. */
    record PackRow(long epoch, long beganAtMillis, long sealedAt) {
        boolean open() {
            return sealedAt < 0;
        }
    }

    private final SplittableRandom random = new SplittableRandom();
    private final Map<PackId, PackRow> packs = new HashMap<>();
    private final Map<Sha256, ChunkLocation> chunks = new HashMap<>();
    private final Set<Ref> refs = new HashSet<>();
    private final Set<ContentId> closedContents = new HashSet<>();
    private int groups;
    private @Nullable RuntimeException nextPlaceFails;
    private @Nullable RuntimeException nextSealFails;

    @Override
    public synchronized PackWriterLease beginPack() {
        PackId pack = PackId.random(random);
        packs.put(pack, new PackRow(1, System.currentTimeMillis(), -1));
        return new PackWriterLease(pack, 1);
    }

    @Override
    public synchronized List<Placement> place(PackWriterLease lease, List<PlacedChunk> records) {
        RuntimeException failure = nextPlaceFails;
        if (failure != null) {
            nextPlaceFails = null;
            throw failure;
        }
        requireOwned(lease);
        groups++;
        List<Placement> outcomes = new ArrayList<>();
        for (PlacedChunk record : records) {
            outcomes.add(place(lease, record));
        }
        return outcomes;
    }

    private Placement place(PackWriterLease lease, PlacedChunk record) {
        if (closedContents.contains(record.content())) {
            return Placement.CONTENT_NOT_OPEN;
        }
        refs.add(new Ref(record.content(), record.hash()));
        ChunkLocation here =
                new ChunkLocation(
                        lease.pack(),
                        record.offset(),
                        record.plainLength(),
                        record.storedLength(),
                        record.codec(),
                        1);
        ChunkLocation before = chunks.putIfAbsent(record.hash(), here);
        return before == null || before.equals(here) ? Placement.PLACED : Placement.ALREADY_STORED;
    }

    private void requireOwned(PackWriterLease lease) {
        PackRow row = packs.get(lease.pack());
        if (row == null || !row.open() || row.epoch() != lease.epoch()) {
            throw new PackFencedException(lease.pack());
        }
    }

    @Override
    public synchronized void sealPack(PackWriterLease lease, long length) {
        RuntimeException failure = nextSealFails;
        nextSealFails = null;
        if (failure != null) {
            throw failure;
        }
        PackRow row = packs.get(lease.pack());
        if (row != null && row.sealedAt() == length && row.epoch() == lease.epoch()) {
            return;
        }
        requireOwned(lease);
        if (length < highestEnd(lease.pack())) {
            throw new IllegalArgumentException("a chunk lies beyond " + length);
        }
        packs.put(lease.pack(), new PackRow(lease.epoch(), 0, length));
    }

    @Override
    public synchronized Map<Sha256, ChunkLocation> locate(Collection<Sha256> hashes) {
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
    public synchronized List<OpenPack> openPacks() {
        List<OpenPack> open = new ArrayList<>();
        packs.forEach((pack, row) -> {
            if (row.open()) {
                open.add(new OpenPack(pack, row.epoch(), row.beganAtMillis(), highestEnd(pack)));
            }
        });
        return open;
    }

    @Override
    public synchronized PackWriterLease raiseEpoch(PackId pack) {
        PackRow row = packs.get(pack);
        if (row == null || !row.open()) {
            throw new PackFencedException(pack);
        }
        packs.put(pack, new PackRow(row.epoch() + 1, row.beganAtMillis(), -1));
        return new PackWriterLease(pack, row.epoch() + 1);
    }

    private long highestEnd(PackId pack) {
        return chunks.values().stream()
                .filter(location -> location.pack().equals(pack))
                .mapToLong(PackReader::end)
                .max()
                .orElse(0);
    }

    synchronized void closeContent(ContentId content) {
        closedContents.add(content);
    }

    synchronized void failNextPlace(RuntimeException failure) {
        nextPlaceFails = failure;
    }

    synchronized void failNextSeal(RuntimeException failure) {
        nextSealFails = failure;
    }

    synchronized void move(Sha256 hash, ChunkLocation location) {
        chunks.put(hash, location);
    }

    /** A pack somebody else began, with records that were placed in it. */
    synchronized void restore(PackId pack, Map<Sha256, ChunkLocation> known) {
        packs.put(pack, new PackRow(1, System.currentTimeMillis(), -1));
        chunks.putAll(known);
    }

    synchronized boolean has(ContentId content, Sha256 hash) {
        return refs.contains(new Ref(content, hash));
    }

    synchronized int groups() {
        return groups;
    }

    synchronized Map<PackId, PackRow> packs() {
        return Map.copyOf(packs);
    }

    ChunkLocation location(Sha256 hash) {
        ChunkLocation location = locate(List.of(hash)).get(hash);
        if (location == null) {
            throw new AssertionError("no row for " + hash);
        }
        return location;
    }
}
