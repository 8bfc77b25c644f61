package dev.holdfast.repair;

import dev.holdfast.chunkstore.PackFile;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Which chunks pack files were seen to hold, so that one look at a file serves every later search:
 * without it a thousand damaged packs would have a thousand tables read a thousand times.
 *
 * <p>Only a closed file is kept, of which every replica's table was read; it never changes, and one
 * that took its name since has another length or time. Chunks are known by eight bytes of their
 * digest: a file may be looked at for nothing, and is never passed over that holds one. What does
 * not fit any more is looked at each time. For one thread.
 */
final class SeenTables {
    /** Of all files together; eight bytes each. */
    private static final int CHUNKS_MAX = 1_000_000;

    private final int chunksMax;
    private final Map<PackId, Table> tables = new HashMap<>();
    private int kept;

    /** A file as it was listed, and the beginnings of its chunks' digests, sorted. */
    private static final class Table {
        private final PackFile file;
        private final long[] chunks;

        Table(PackFile file, long[] chunks) {
            this.file = file;
            this.chunks = chunks;
        }
    }

    SeenTables() {
        this(CHUNKS_MAX);
    }

    SeenTables(int chunksMax) {
        this.chunksMax = chunksMax;
    }

    /** False when the file was seen to hold none of them. */
    boolean mayHold(PackFile file, Set<Sha256> wanted) {
        Table table = tables.get(file.pack());
        return table == null
                || !table.file.equals(file)
                || wanted.stream()
                        .anyMatch(hash -> Arrays.binarySearch(table.chunks, start(hash)) >= 0);
    }

    void keep(PackFile file, Collection<Sha256> chunks) {
        Table before = tables.remove(file.pack());
        kept -= before == null ? 0 : before.chunks.length;
        if (kept + chunks.size() <= chunksMax) {
            tables.put(
                    file.pack(),
                    new Table(
                            file, chunks.stream().mapToLong(SeenTables::start).sorted().toArray()));
            kept += chunks.size();
        }
    }

    private static long start(Sha256 hash) {
        return ByteBuffer.wrap(hash.toBytes()).getLong();
    }
}
