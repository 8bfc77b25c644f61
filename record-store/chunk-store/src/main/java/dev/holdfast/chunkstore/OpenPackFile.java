package dev.holdfast.chunkstore;

import dev.holdfast.metadata.PackWriterLease;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A pack while its lane writes it. One thread appends; another, later, ends it; {@link #fence()}
 * may come from either.
 */
final class OpenPackFile {
    private static final byte[] ZEROS = new byte[PackFormat.ALIGNMENT];

    private final PackWriterLease lease;
    private final PackFiles.Output out;
    private final long bornNanos;
    private final List<RecordHeader> records = new ArrayList<>();
    private long end;
    private long durableEnd;
    private int replicas;
    private volatile boolean fenced;

    OpenPackFile(PackWriterLease lease, PackFiles.Output out, long bornNanos) throws IOException {
        this.lease = lease;
        this.out = out;
        this.bornNanos = bornNanos;
        write(PackFormat.fileHeader(lease.pack()), 0, PackFormat.FILE_HEADER_BYTES);
    }

    PackWriterLease lease() {
        return lease;
    }

    long bornNanos() {
        return bornNanos;
    }

    /** Bytes written, durable or not. */
    long end() {
        return end;
    }

    /** One past the last record that a sync has covered. */
    long durableEnd() {
        return durableEnd;
    }

    /** DataNodes that held everything at the last sync; for the thread that appends. */
    int replicas() {
        return replicas;
    }

    int recordCount() {
        return records.size();
    }

    boolean fenced() {
        return fenced;
    }

    /** Somebody else owns the pack's row: nothing more may be acknowledged in it. */
    void fence() {
        fenced = true;
    }

    /** Writes the group's records and makes them durable; answers their headers, in order. */
    List<RecordHeader> append(List<PendingRecord> group, int replicationMin) throws IOException {
        List<RecordHeader> headers = new ArrayList<>(group.size());
        ByteBuffer header = ByteBuffer.allocate(PackFormat.RECORD_HEADER_BYTES);
        for (PendingRecord record : group) {
            RecordHeader entry =
                    new RecordHeader(
                            end,
                            record.codec(),
                            record.hash(),
                            record.plainLength(),
                            record.storedLength(),
                            PackFormat.crc(record.stored(), record.from(), record.storedLength()));
            header.clear();
            PackFormat.putRecordHeader(header, lease.pack(), entry);
            write(header.array(), 0, PackFormat.RECORD_HEADER_BYTES);
            write(record.stored(), record.from(), record.storedLength());
            headers.add(entry);
        }
        write(ZEROS, 0, PackFormat.padding(end));
        sync(replicationMin);
        records.addAll(headers);
        durableEnd = end;
        return headers;
    }

    private void sync(int replicationMin) throws IOException {
        replicas = out.sync();
        if (replicas < replicationMin) {
            throw new IOException(
                    "only "
                            + replicas
                            + " DataNodes hold the records, "
                            + replicationMin
                            + " are required");
        }
    }

    /** Asks whether what was acknowledged is still held; throws when it is time to end the pack. */
    void touch(int replicationMin) throws IOException {
        sync(replicationMin);
    }

    /** Writes the table of contents and closes the file. */
    void finish() throws IOException {
        byte[] footer = PackFormat.footer(lease.pack(), end, records);
        write(footer, 0, footer.length);
        out.sync();
        out.close();
    }

    /** Closes the file as it is; what that comes to does not matter. */
    void giveUp() {
        try {
            out.close();
        } catch (IOException e) {
            // The file is recovered by its lease, and its length then decided by its copies.
        }
    }

    private void write(byte[] bytes, int from, int length) throws IOException {
        out.write(bytes, from, length);
        end += length;
    }
}
