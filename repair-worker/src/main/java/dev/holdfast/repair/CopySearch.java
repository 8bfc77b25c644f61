package dev.holdfast.repair;

import dev.holdfast.chunkstore.PackFile;
import dev.holdfast.chunkstore.PackReplicas;
import dev.holdfast.chunkstore.PackReplicas.Located;
import dev.holdfast.chunkstore.PackReplicas.Replica;
import dev.holdfast.chunkstore.Packs;
import dev.holdfast.chunkstore.RecordCheck;
import dev.holdfast.chunkstore.StoredRecord;
import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.ChunkRow;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for chunks in every pack file there is, whatever any row says: in packs in the trash, in
 * packs that compaction copied from, in duplicates that nobody's row names, and in files that hold
 * another pack than their name says.
 */
final class CopySearch {
    private static final Logger log = LoggerFactory.getLogger(CopySearch.class);

    private final PackReplicas replicas;
    private final PackReading reading;
    private final PackReading.Progress progress;
    private final SeenTables tables = new SeenTables();

    CopySearch(PackReplicas replicas, PackReading reading, PackReading.Progress progress) {
        this.replicas = replicas;
        this.reading = reading;
        this.progress = progress;
    }

    /**
     * A good copy, which was read just now.
     *
     * @param records the pack the record belongs to by its own CRC
     * @param located the file it lies in, named by the same pack or, after a mix-up, by another
     */
    record Copy(PackId records, Located located, Replica replica, Packs.Entry entry) {}

    static ChunkLocation location(PackId pack, Packs.Entry entry) {
        return new ChunkLocation(
                pack, entry.offset(), entry.plainLength(), entry.storedLength(), entry.codec(), 0);
    }

    /**
     * Looks in all files.
     *
     * @return a copy each of those that have one
     * @throws IOException when some file could not be looked at and a chunk was not found elsewhere
     */
    Map<Sha256, Copy> find(List<ChunkRow> wanted) throws IOException {
        Set<Sha256> missing = new HashSet<>();
        wanted.forEach(row -> missing.add(row.hash()));
        Map<Sha256, Copy> found = new HashMap<>();
        List<PackFile> files = new ArrayList<>();
        replicas.list(files::add);
        List<String> unread = new ArrayList<>();
        for (PackFile file : files) {
            if (missing.isEmpty()) {
                break;
            }
            if (tables.mayHold(file, missing)) {
                progress.read(0);
                look(file, missing, found, unread);
            }
        }
        if (!missing.isEmpty() && !unread.isEmpty()) {
            throw new IOException(
                    unread.size()
                            + " packs could not be searched for a copy, the first because: "
                            + unread.getFirst());
        }
        return found;
    }

    private void look(
            PackFile listed, Set<Sha256> missing, Map<Sha256, Copy> found, List<String> unread) {
        PackId file = listed.pack();
        Optional<Located> at;
        try {
            at = replicas.locate(file);
        } catch (IOException e) {
            unread.add("pack " + file + ": " + e.getMessage());
            return;
        }
        if (at.isEmpty()) {
            return;
        }
        Located located = at.get();
        Set<Sha256> all = new HashSet<>();
        boolean whole = !located.open() && !located.replicas().isEmpty();
        for (Replica replica : located.replicas()) {
            try {
                PackId records = replicas.identity(located, replica).orElse(file);
                for (Packs.Entry entry : replicas.records(records, located, replica)) {
                    all.add(entry.hash());
                    if (missing.contains(entry.hash())) {
                        good(records, located, entry)
                                .ifPresent(copy -> {
                                    found.put(entry.hash(), copy);
                                    missing.remove(entry.hash());
                                });
                    }
                }
            } catch (FileNotFoundException e) {
                log.debug("a replica of pack {} is gone", file, e);
            } catch (IOException e) {
                unread.add("pack " + file + " on " + replica.name() + ": " + e.getMessage());
                whole = false;
            }
        }
        if (whole) {
            tables.keep(listed, all);
        }
    }

    /** The first replica of the file that holds the record well. */
    Optional<Copy> good(PackId records, Located located, Packs.Entry entry) {
        ChunkRow row =
                new ChunkRow(entry.hash(), ChunkRow.Condition.LIVE, location(records, entry));
        for (Replica replica : located.replicas()) {
            if (reading.alone(records, located, replica, row).holdsChunk()) {
                return Optional.of(new Copy(records, located, replica, entry));
            }
        }
        return Optional.empty();
    }

    /** A sound record of the chunk in the file that is the chunk's own pack by name. */
    Optional<Copy> inPack(ChunkRow row, Located located) throws IOException {
        PackId pack = row.location().pack();
        List<IOException> failures = new ArrayList<>();
        for (Replica replica : located.replicas()) {
            try {
                for (Packs.Entry entry : replicas.records(pack, located, replica)) {
                    if (entry.hash().equals(row.hash()) && !isAt(row.location(), entry)) {
                        Optional<Copy> copy = good(pack, located, entry);
                        if (copy.isPresent()) {
                            return copy;
                        }
                    }
                }
            } catch (FileNotFoundException e) {
                log.debug("a replica of pack {} is gone", pack, e);
            } catch (IOException e) {
                failures.add(e);
            }
        }
        if (!failures.isEmpty() && failures.size() == located.replicas().size()) {
            throw failures.getFirst();
        }
        return Optional.empty();
    }

    static boolean isAt(ChunkLocation location, Packs.Entry entry) {
        return location.offset() == entry.offset()
                && location.storedLength() == entry.storedLength()
                && location.plainLength() == entry.plainLength()
                && location.codec() == entry.codec();
    }

    /** The record itself, from the replica that had it well, or another one. */
    Optional<StoredRecord> fetch(Copy copy) {
        List<Replica> order = new ArrayList<>(copy.located().replicas());
        order.remove(copy.replica());
        order.addFirst(copy.replica());
        ChunkLocation location = location(copy.records(), copy.entry());
        int length = RecordCheck.HEADER_BYTES + location.storedLength();
        for (Replica replica : order) {
            byte[] bytes =
                    switch (replicas.read(copy.located(), replica, location.offset(), length)) {
                        case PackReplicas.Read.Bytes good -> good.bytes();
                        case PackReplicas.Read.Unchecked unchecked -> unchecked.bytes();
                        case PackReplicas.Read.Absent _, PackReplicas.Read.Unavailable _ ->
                                new byte[0];
                    };
            if (bytes.length == length) {
                var record =
                        switch (RecordCheck.check(
                                copy.records(), copy.entry().hash(), location, bytes, 0)) {
                            case RecordCheck.Verdict.Good(var good) -> Optional.of(good);
                            case RecordCheck.Verdict.Bad(_, var rescued) ->
                                    Optional.ofNullable(rescued);
                            case RecordCheck.Verdict.Other _ -> Optional.<StoredRecord>empty();
                        };
                if (record.isPresent()) {
                    return record;
                }
            }
        }
        return Optional.empty();
    }
}
