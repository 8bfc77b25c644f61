package dev.holdfast.chunkstore;

import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Says of bytes whether they are the record of a chunk, and what they are otherwise. */
public final class RecordCheck {
    /** What a record takes beyond its payload. */
    public static final int HEADER_BYTES = PackFormat.RECORD_HEADER_BYTES;

    private RecordCheck() {}

    /** What bytes turned out to be. */
    public sealed interface Verdict {
        /** The chunk, in a sound record. */
        record Good(StoredRecord record) implements Verdict {}

        /**
         * A sound header, but of another chunk, or of other lengths than the row says: nothing is
         * known about the payload, and the row is to be suspected before the data.
         */
        record Other(Packs.Entry entry) implements Verdict {}

        /**
         * No sound record.
         *
         * @param rescued the chunk all the same, when only the header was damaged
         */
        record Bad(String why, @Nullable StoredRecord rescued) implements Verdict {}
    }

    /**
     * Checks bytes in which the record of a chunk is to begin.
     *
     * @param pack whose records these are, which is not always the pack whose file they lie in
     * @param location what the row says; its pack does not matter
     * @param bytes what a record in the verdict lies in: they are not copied
     * @param index where the record is to begin in the bytes, which is the location's offset
     */
    public static Verdict check(
            PackId pack, Sha256 hash, ChunkLocation location, byte[] bytes, int index) {
        RecordHeader header;
        try {
            header = PackFormat.recordHeader(pack, location.offset(), bytes, index);
        } catch (PackDamagedException e) {
            StoredRecord rescued =
                    payload(
                                    hash,
                                    location.codec(),
                                    location.plainLength(),
                                    location.storedLength(),
                                    bytes,
                                    index)
                            .orElse(null);
            return new Verdict.Bad(String.valueOf(e.getMessage()), rescued);
        }
        if (!header.hash().equals(hash)
                || header.storedLength() != location.storedLength()
                || header.plainLength() != location.plainLength()
                || header.codec() != location.codec()) {
            return new Verdict.Other(HdfsPacks.entry(header));
        }
        Optional<StoredRecord> record =
                payload(
                        hash,
                        header.codec(),
                        header.plainLength(),
                        header.storedLength(),
                        bytes,
                        index);
        return record.isPresent()
                ? new Verdict.Good(record.get())
                : new Verdict.Bad("the bytes are not chunk " + hash, null);
    }

    private static Optional<StoredRecord> payload(
            Sha256 hash, int codec, int plainLength, int storedLength, byte[] bytes, int index) {
        long from = (long) index + HEADER_BYTES;
        boolean possible =
                ChunkCodec.known(codec)
                        && storedLength >= 0
                        && plainLength >= storedLength
                        && plainLength <= dev.holdfast.model.Limits.CHUNK_BYTES_MAX
                        && from + storedLength <= bytes.length;
        if (!possible) {
            return Optional.empty();
        }
        try {
            return ChunkCodec.hash(codec, bytes, (int) from, storedLength, plainLength).equals(hash)
                    ? Optional.of(
                            new StoredRecord(
                                    hash, codec, plainLength, bytes, (int) from, storedLength))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
