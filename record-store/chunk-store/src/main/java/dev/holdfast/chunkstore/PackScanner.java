package dev.holdfast.chunkstore;

import dev.holdfast.model.PackId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds the records of a pack from the pack alone: by its table of contents when it has one, record
 * by record otherwise. Never trusts a length before the CRC around it was checked, and ends on any
 * bytes whatever.
 */
final class PackScanner {
    /** Read at once while looking for headers. */
    private static final int WINDOW_BYTES = 64 << 10;

    private final PackId pack;
    private final PackFiles.Input input;
    private final List<RecordHeader> records = new ArrayList<>();
    private final List<String> damage = new ArrayList<>();
    private byte[] window = new byte[0];
    private long windowFrom;

    private PackScanner(PackId pack, PackFiles.Input input) {
        this.pack = pack;
        this.input = input;
    }

    /**
     * What a pack holds.
     *
     * @param finished true when its writer wrote a table of contents
     * @param records by offset
     * @param damage what did not follow the format, in words; a dead writer's pack may well end in
     *     half a record
     */
    record Contents(boolean finished, List<RecordHeader> records, List<String> damage) {}

    /** Uses the table of contents, and the records themselves only when there is none. */
    static Contents read(PackId pack, PackFiles.Input input) throws IOException {
        PackScanner scanner = new PackScanner(pack, input);
        scanner.checkFileHeader();
        Optional<List<RecordHeader>> table = scanner.table();
        if (table.isPresent()) {
            return new Contents(true, table.get(), List.of());
        }
        scanner.walk();
        return new Contents(false, List.copyOf(scanner.records), List.copyOf(scanner.damage));
    }

    /** Looks at every record, whatever the table of contents says. */
    static Contents walk(PackId pack, PackFiles.Input input) throws IOException {
        PackScanner scanner = new PackScanner(pack, input);
        scanner.checkFileHeader();
        boolean finished = scanner.table().isPresent();
        scanner.walk();
        return new Contents(finished, List.copyOf(scanner.records), List.copyOf(scanner.damage));
    }

    /**
     * The records by the table of contents, or, without one, all that can be found, whatever else
     * is damaged, the file header included.
     */
    static List<RecordHeader> records(PackId pack, PackFiles.Input input) throws IOException {
        PackScanner scanner = new PackScanner(pack, input);
        Optional<List<RecordHeader>> table = scanner.table();
        if (table.isPresent()) {
            return table.get();
        }
        scanner.walk();
        return List.copyOf(scanner.records);
    }

    private void checkFileHeader() throws IOException {
        if (input.length() < PackFormat.FILE_HEADER_BYTES) {
            throw new PackDamagedException("pack " + pack + ": shorter than its file header");
        }
        PackFormat.checkFileHeader(pack, bytes(0, PackFormat.FILE_HEADER_BYTES));
    }

    private Optional<List<RecordHeader>> table() throws IOException {
        long length = input.length();
        if (length < PackFormat.FILE_HEADER_BYTES + PackFormat.TRAILER_BYTES) {
            return Optional.empty();
        }
        try {
            byte[] last = bytes(length - PackFormat.TRAILER_BYTES, PackFormat.TRAILER_BYTES);
            PackFormat.Trailer trailer = PackFormat.trailer(pack, length, last);
            byte[] contents = bytes(trailer.contentsOffset(), trailer.contentsLength());
            return Optional.of(PackFormat.contents(pack, trailer, contents));
        } catch (PackDamagedException e) {
            return Optional.empty();
        }
    }

    private void walk() throws IOException {
        long length = input.length();
        long at = PackFormat.FILE_HEADER_BYTES;
        while (at + PackFormat.RECORD_HEADER_BYTES <= length) {
            byte[] head = window(at);
            int index = (int) (at - windowFrom);
            if (PackFormat.looksLikeContents(head, index)) {
                return;
            }
            long padded = at + PackFormat.padding(at);
            if (padded > at && zeros(head, index, (int) (padded - at))) {
                at = padded;
                continue;
            }
            try {
                RecordHeader record = PackFormat.recordHeader(pack, at, head, index);
                if (record.end() > length) {
                    throw new PackDamagedException(
                            "pack " + pack + ", offset " + at + ": the last record is cut short");
                }
                records.add(record);
                at = record.end();
            } catch (PackDamagedException e) {
                damage.add(e.getMessage());
                at = nextRecord(at, length);
            }
        }
        if (at < length) {
            byte[] rest = bytes(at, (int) (length - at));
            if (!zeros(rest, 0, rest.length)) {
                damage.add("pack " + pack + ", offset " + at + ": half a record at the end");
            }
        }
    }

    /** Groups start on multiples of 512: the next of these with a sound record, or the end. */
    private long nextRecord(long after, long length) throws IOException {
        long at = after + PackFormat.ALIGNMENT - after % PackFormat.ALIGNMENT;
        while (at + PackFormat.RECORD_HEADER_BYTES <= length) {
            byte[] head = window(at);
            int index = (int) (at - windowFrom);
            if (PackFormat.looksLikeContents(head, index)) {
                return at;
            }
            if (PackFormat.looksLikeRecord(head, index)) {
                try {
                    PackFormat.recordHeader(pack, at, head, index);
                    return at;
                } catch (PackDamagedException e) {
                    damage.add(e.getMessage());
                }
            }
            at += PackFormat.ALIGNMENT;
        }
        return length;
    }

    /** Bytes that hold at least an alignment unit from {@code at} on, as far as the pack goes. */
    private byte[] window(long at) throws IOException {
        boolean covered =
                at >= windowFrom
                        && Math.min(at + PackFormat.ALIGNMENT, input.length())
                                <= windowFrom + window.length;
        if (!covered) {
            window = bytes(at, (int) Math.min(WINDOW_BYTES, input.length() - at));
            windowFrom = at;
        }
        return window;
    }

    private static boolean zeros(byte[] bytes, int from, int length) {
        if (from + length > bytes.length) {
            return false;
        }
        for (int index = from; index < from + length; index++) {
            if (bytes[index] != 0) {
                return false;
            }
        }
        return true;
    }

    private byte[] bytes(long from, int length) throws IOException {
        byte[] bytes = new byte[length];
        input.read(from, bytes, 0, length);
        return bytes;
    }
}
