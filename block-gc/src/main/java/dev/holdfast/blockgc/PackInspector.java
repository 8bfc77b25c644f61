package dev.holdfast.blockgc;

import dev.holdfast.chunkstore.Packs;
import dev.holdfast.metadata.ChunkRow;
import dev.holdfast.metadata.PackRows;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * The independent look before a file is deleted: it asks the file itself which chunks it holds and
 * then each chunk's own row where it lies. It shares no index, no counter and no list with what
 * decided that the pack is empty.
 */
final class PackInspector {
    private static final int PAGE = 1_000;

    private final PackRows rows;
    private final Packs packs;

    PackInspector(PackRows rows, Packs packs) {
        this.rows = rows;
        this.packs = packs;
    }

    /**
     * Looks.
     *
     * @throws GcRefusedException when a chunk still lies in the pack
     * @throws IOException when the file cannot be read: then nothing is known about it
     */
    void inspect(PackId pack) throws IOException {
        LinkedHashSet<Sha256> hashes = new LinkedHashSet<>();
        try {
            packs.entries(pack).forEach(entry -> hashes.add(entry.hash()));
        } catch (FileNotFoundException e) {
            return;
        }
        List<Sha256> all = List.copyOf(hashes);
        for (int from = 0; from < all.size(); from += PAGE) {
            for (ChunkRow row : rows.rows(all.subList(from, Math.min(all.size(), from + PAGE)))) {
                if (row.location().pack().equals(pack)) {
                    throw new GcRefusedException(
                            GcRefusedException.Reason.INSPECTION,
                            "pack "
                                    + pack
                                    + " is in the trash, but chunk "
                                    + row.hash()
                                    + " lies in it: nothing is deleted; run fsck");
                }
            }
        }
    }
}
