package dev.holdfast.metadata;

import dev.holdfast.model.ContentId;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All rows of chunks, references, contents and packs, page by page, each with what it must agree
 * with. A page is read in one transaction at one version, so that work in progress never looks like
 * a fault within it. Nothing is written.
 */
public interface AuditRows {
    /** Rows of a page. */
    int PAGE_MAX = 500;

    /**
     * Some rows.
     *
     * @param next where the next page begins; null behind the last
     */
    record Page<T>(List<T> rows, @Nullable String next) {}

    /**
     * A chunk.
     *
     * @param referenced by at least one content
     * @param candidate the collection knows of it
     * @param pack the pack it lies in; null when there is no such pack
     */
    record ChunkFacts(
            ChunkRow chunk, boolean referenced, boolean candidate, @Nullable PackFacts pack) {}

    /**
     * A pack.
     *
     * @param length of its records; 0 while it is open
     */
    record PackFacts(PackId pack, PackStage stage, long length, boolean candidate) {}

    /** What a reference or a content says of its owner. */
    enum OwnerStage {
        MISSING,
        OPEN,
        COMMITTED,
        DOOMED
    }

    /** A reference. */
    record ReferenceFacts(Sha256 chunk, ContentId owner, OwnerStage stage, boolean chunkExists) {}

    /**
     * A content.
     *
     * @param complete all its parts are declared
     * @param distinctChunks that it names, once it is complete
     * @param references it has
     */
    record OwnerFacts(
            ContentId owner,
            OwnerStage stage,
            boolean complete,
            int distinctChunks,
            long references) {}

    Page<ChunkFacts> chunks(@Nullable String from, int limit);

    Page<ReferenceFacts> references(@Nullable String from, int limit);

    Page<OwnerFacts> owners(@Nullable String from, int limit);

    /** Where {@link #packs} goes on behind a pack. */
    static String behind(PackId pack) {
        return HexFormat.of()
                .formatHex(RecordTransaction.key(Schema.Type.PACK, Bytes.of(pack)).pack());
    }

    /** All packs whose id begins with the byte; a page goes on within it. */
    Page<PackFacts> packs(int firstByte, @Nullable String from, int limit);

    /** How many chunks name a pack as their place. */
    long chunksIn(PackId pack);
}
