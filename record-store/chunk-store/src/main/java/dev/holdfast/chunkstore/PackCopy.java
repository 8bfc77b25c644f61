package dev.holdfast.chunkstore;

import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pack written from records of other packs. A record is read strictly from the place its row
 * names and from nowhere else, and is written as it was stored, when its plain bytes have the right
 * SHA-256. Memory: what one group holds, and one record.
 */
final class PackCopy implements Packs.Copy {
    private final PackFiles files;
    private final ChunkStoreConfig config;
    private final OpenPackFile file;
    private final List<PendingRecord> group = new ArrayList<>();
    private final List<RecordHeader> written = new ArrayList<>();
    private int groupBytes;
    private PackFiles.@Nullable Input source;
    private @Nullable PackId sourcePack;
    private boolean over;

    PackCopy(PackFiles files, PackWriterLease pack, ChunkStoreConfig config) throws IOException {
        this.files = files;
        this.config = config;
        PackFiles.Output out = files.create(pack.pack());
        try {
            this.file = new OpenPackFile(pack, out, System.nanoTime());
        } catch (IOException e) {
            closeQuietly(out);
            throw e;
        }
    }

    private static void closeQuietly(PackFiles.Output out) {
        try {
            out.close();
        } catch (IOException e) {
            // The file is given up; its length does not matter.
        }
    }

    @Override
    public long length() {
        return file.end() + groupBytes;
    }

    @Override
    public void add(Sha256 hash, ChunkLocation from) throws IOException {
        Stored record = read(source(from.pack()), from.pack(), hash, from.offset());
        add(
                new StoredRecord(
                        hash, record.header.codec(), record.header.plainLength(), record.payload));
    }

    /** Adds a record whose bytes have proved to be the chunk. */
    void add(StoredRecord record) throws IOException {
        group.add(
                new PendingRecord(
                        record.hash(),
                        record.codec(),
                        record.plainLength(),
                        record.payload(),
                        0,
                        record.storedLength()));
        groupBytes += PackFormat.RECORD_HEADER_BYTES + record.storedLength();
        if (groupBytes >= config.groupBytesMax() || group.size() >= config.groupRecordsMax()) {
            flush();
        }
    }

    private PackFiles.Input source(PackId pack) throws IOException {
        PackFiles.Input open = source;
        if (open == null || !pack.equals(sourcePack)) {
            closeSource();
            open = files.open(pack);
            source = open;
            sourcePack = pack;
        }
        return open;
    }

    private void closeSource() throws IOException {
        if (source != null) {
            source.close();
            source = null;
        }
    }

    private static final class Stored {
        private final RecordHeader header;
        private final byte[] payload;

        Stored(RecordHeader header, byte[] payload) {
            this.header = header;
            this.payload = payload;
        }
    }

    /** The record at this place, if it is whole and is that chunk. */
    private static Stored read(PackFiles.Input input, PackId pack, Sha256 hash, long offset)
            throws IOException {
        byte[] head = bytes(input, offset, PackFormat.RECORD_HEADER_BYTES);
        RecordHeader header = PackFormat.recordHeader(pack, offset, head, 0);
        byte[] payload = bytes(input, header.payloadOffset(), header.storedLength());
        Sha256 found =
                ChunkCodec.hash(header.codec(), payload, 0, payload.length, header.plainLength());
        if (!header.hash().equals(hash) || !found.equals(hash)) {
            throw new PackDamagedException(
                    "pack " + pack + ", offset " + offset + ": the bytes are not chunk " + hash);
        }
        return new Stored(header, payload);
    }

    private static byte[] bytes(PackFiles.Input input, long from, int length) throws IOException {
        if (from + length > input.length()) {
            throw new EOFException("the pack ends at " + input.length());
        }
        byte[] bytes = new byte[length];
        input.read(from, bytes, 0, length);
        return bytes;
    }

    private void flush() throws IOException {
        if (!group.isEmpty()) {
            written.addAll(file.append(group, config.replicationMin()));
            group.clear();
            groupBytes = 0;
        }
    }

    @Override
    public Packs.Ended end() throws IOException {
        flush();
        closeSource();
        over = true;
        try {
            file.finish();
        } catch (IOException e) {
            file.giveUp();
            throw e;
        }
        PackId pack = file.lease().pack();
        PackFiles.Input copy = files.open(pack);
        try {
            List<RecordHeader> named = PackScanner.read(pack, copy).records();
            if (named.size() != written.size()) {
                throw new PackDamagedException("pack " + pack + " does not name all its records");
            }
            for (RecordHeader record : written) {
                read(copy, pack, record.hash(), record.offset());
            }
        } finally {
            copy.close();
        }
        return new Packs.Ended(file.durableEnd(), written.stream().map(HdfsPacks::entry).toList());
    }

    @Override
    public void close() {
        try {
            closeSource();
        } catch (IOException e) {
            // It was only read.
        }
        if (!over) {
            over = true;
            file.giveUp();
        }
    }
}
