package dev.holdfast.chunkstore;

import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Looks into packs without asking any row. */
final class PackInspector {
    private final PackFiles files;

    PackInspector(PackFiles files) {
        this.files = files;
    }

    /** See {@link ChunkStore#inspect}. */
    PackReport inspect(PackId pack, boolean readPayloads) throws IOException {
        PackFiles.Input input = files.open(pack);
        try {
            PackScanner.Contents contents =
                    readPayloads ? PackScanner.walk(pack, input) : PackScanner.read(pack, input);
            List<PackReport.Entry> entries = new ArrayList<>(contents.records().size());
            List<String> damage = new ArrayList<>(contents.damage());
            for (RecordHeader record : contents.records()) {
                PackReport.Health health = PackReport.Health.NOT_READ;
                if (readPayloads) {
                    health = health(input, record, damage);
                }
                entries.add(
                        new PackReport.Entry(
                                record.hash(),
                                record.offset(),
                                record.plainLength(),
                                record.storedLength(),
                                record.codec(),
                                health));
            }
            return new PackReport(pack, input.length(), contents.finished(), entries, damage);
        } finally {
            input.close();
        }
    }

    private static PackReport.Health health(
            PackFiles.Input input, RecordHeader record, List<String> damage) {
        byte[] stored = new byte[record.storedLength()];
        try {
            input.read(record.payloadOffset(), stored, 0, stored.length);
            if (PackFormat.crc(stored, 0, stored.length) != record.payloadCrc()) {
                throw new IOException("the payload's CRC is wrong");
            }
            Sha256 hash =
                    ChunkCodec.hash(record.codec(), stored, 0, stored.length, record.plainLength());
            if (!hash.equals(record.hash())) {
                throw new IOException("the bytes are not the chunk");
            }
            return PackReport.Health.GOOD;
        } catch (IOException e) {
            damage.add("offset " + record.offset() + ": " + e.getMessage());
            return PackReport.Health.BAD;
        }
    }
}
