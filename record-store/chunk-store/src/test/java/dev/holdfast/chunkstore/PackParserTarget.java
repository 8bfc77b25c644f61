package dev.holdfast.chunkstore;

import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A Jazzer target: any bytes as a pack. To run it, put the module's test class path on a command
 * line of {@code com.code_intelligence.jazzer.Jazzer} with {@code
 * --target_class=dev.holdfast.chunkstore.PackParserTarget} and {@code
 * --instrumentation_includes=dev.holdfast.chunkstore.**}; {@link PackParserTest} gives it some
 * seeded inputs in the normal build.
 *
 * <p>Input as it is never gets past a CRC. So the first byte may ask for a sound pack in which the
 * rest of the input overwrites fields, with every CRC and digest made right again behind them: what
 * is parsed then are lengths, counts and offsets that nobody would write.
 */
public final class PackParserTarget {
    static final PackId PACK = PackId.parse("00112233445566778899aabbccddeeff");
    private static final int RECORD_AT = PackFormat.FILE_HEADER_BYTES;

    private PackParserTarget() {}

    /** Where Jazzer begins. */
    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        if (input.length == 0) {
            return;
        }
        byte[] rest = Arrays.copyOfRange(input, 1, input.length);
        switch (input[0] & 3) {
            case 0 -> parse(rest);
            case 1 -> parse(overwritten(rest, RECORD_AT, PackFormat.RECORD_HEADER_BYTES));
            case 2 -> parse(overwritten(rest, -PackFormat.TRAILER_BYTES, PackFormat.TRAILER_BYTES));
            case 3 -> parse(contentsOverwritten(rest));
            default -> throw new AssertionError();
        }
    }

    private static void parse(byte[] bytes) throws IOException {
        check(bytes, () -> PackScanner.read(PACK, new MemoryInput(bytes)));
        check(bytes, () -> PackScanner.walk(PACK, new MemoryInput(bytes)));
    }

    private interface Scan {
        PackScanner.Contents run() throws IOException;
    }

    /** Whatever is found lies within the file, in order, with lengths that a chunk can have. */
    private static void check(byte[] bytes, Scan scan) throws IOException {
        PackScanner.Contents contents;
        try {
            contents = scan.run();
        } catch (PackDamagedException e) {
            return;
        }
        long end = PackFormat.FILE_HEADER_BYTES;
        for (RecordHeader record : contents.records()) {
            if (record.offset() < end
                    || record.end() < record.offset()
                    || record.end() > bytes.length
                    || record.storedLength() > record.plainLength()
                    || !ChunkCodec.known(record.codec())) {
                throw new AssertionError("an impossible record: " + record);
            }
            end = record.end();
        }
    }

    /** A pack of two records with its table of contents. */
    static byte[] sound() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PackFiles.Output out =
                new PackFiles.Output() {
                    @Override
                    public void write(byte[] from, int at, int length) {
                        bytes.write(from, at, length);
                    }

                    @Override
                    public int sync() {
                        return 1;
                    }

                    @Override
                    public void close() {}
                };
        OpenPackFile file = new OpenPackFile(new PackWriterLease(PACK, 1), out, 0);
        for (byte[] chunk : List.of(new byte[700], new byte[] {1, 2, 3})) {
            Sha256 hash = Sha256.hash(chunk);
            PendingRecord record =
                    new PendingRecord(hash, ChunkCodec.PLAIN, chunk.length, chunk, 0, chunk.length);
            file.append(List.of(record), 1);
        }
        file.finish();
        return bytes.toByteArray();
    }

    /** Two bytes of the input: where, and what; then the CRC at the end of the part is redone. */
    private static byte[] overwritten(byte[] input, int at, int length) throws IOException {
        byte[] pack = sound();
        int from = at < 0 ? pack.length + at : at;
        scatter(input, pack, from, length - Integer.BYTES);
        seal(pack, from);
        return pack;
    }

    private static byte[] contentsOverwritten(byte[] input) throws IOException {
        byte[] pack = sound();
        int trailer = pack.length - PackFormat.TRAILER_BYTES;
        int from = (int) ByteBuffer.wrap(pack).getLong(trailer + 8);
        scatter(input, pack, from, trailer - from);
        Sha256.hash(ByteBuffer.wrap(pack, from, trailer - from))
                .write(ByteBuffer.wrap(pack).position(trailer + 24));
        seal(pack, trailer);
        return pack;
    }

    private static void scatter(byte[] input, byte[] pack, int from, int length) {
        for (int index = 0; index + 1 < input.length; index += 2) {
            pack[from + Math.floorMod(input[index], length)] = input[index + 1];
        }
    }

    private static void seal(byte[] pack, int from) {
        CRC32C crc = new CRC32C();
        crc.update(PACK.toBytes());
        crc.update(pack, from, 60);
        ByteBuffer.wrap(pack).putInt(from + 60, (int) crc.getValue());
    }
}
