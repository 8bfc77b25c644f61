package dev.holdfast.chunkstore;

import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What one pack holds, found from its file alone: enough to write its chunks' rows again.
 *
 * @param fileLength bytes that can be read
 * @param finished true when its writer ended it with a table of contents
 * @param records by offset
 * @param damage what does not follow the format, in words; the last record of a pack whose writer
 *     died may be cut short, and was then never acknowledged
 */
public record PackReport(
        PackId pack, long fileLength, boolean finished, List<Entry> records, List<String> damage) {
    public PackReport {
        records = List.copyOf(records);
        damage = List.copyOf(damage);
    }

    /** What is known about a record's bytes. */
    public enum Health {
        /** Only its header was read. */
        NOT_READ,
        /** The plain bytes have the digest in the header. */
        GOOD,
        BAD
    }

    /**
     * One record; the numbers mean what they mean in {@link dev.holdfast.metadata.ChunkLocation}.
     */
    public record Entry(
            Sha256 hash,
            long offset,
            int plainLength,
            int storedLength,
            int codec,
            Health health) {}

    /** For a person: a line about the pack, one for each record, one for each damage. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(
                String.format(
                        Locale.ROOT,
                        "pack %s: %d bytes, %d records, %s",
                        pack,
                        fileLength,
                        records.size(),
                        finished ? "finished" : "without a table of contents"));
        for (Entry entry : records) {
            lines.add(
                    String.format(
                            Locale.ROOT,
                            "%12d  %s  %8d bytes, %8d stored, %s%s",
                            entry.offset(),
                            entry.hash(),
                            entry.plainLength(),
                            entry.storedLength(),
                            entry.codec() == ChunkCodec.PLAIN ? "plain" : "zstd",
                            switch (entry.health()) {
                                case NOT_READ -> "";
                                case GOOD -> ", good";
                                case BAD -> ", BAD";
                            }));
        }
        damage.forEach(text -> lines.add("damage: " + text));
        return lines;
    }
}
