package dev.holdfast.chunkstore;

import dev.holdfast.model.Limits;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The bytes of a pack file, version 1. All numbers are big-endian; every CRC is CRC32C.
 *
 * <pre>
 * pack    = file header (64), records and padding, [ table of contents, trailer (64) ]
 *
 * file header   0 magic "HFPACK\r\n"   8 u16 version = 1   10 u16 length = 64   12 u32 flags = 0
 *              16 pack id             32 zeros            60 u32 CRC of bytes 0..59
 * record        0 magic "HFRC"   4 u8 version = 1   5 u8 codec   6 u16 header length = 64
 *               8 SHA-256 of the plain bytes   40 u32 plain length   44 u32 stored length
 *              48 u32 CRC of the payload       52 u64 offset of this header in the pack
 *              60 u32 CRC of the pack id and bytes 0..59, then the payload
 * padding       zeros up to the next multiple of 512; only after the last record of a group
 * contents      magic "HFTC", u32 count, then for each record, by offset:
 *               SHA-256, u64 offset, u32 plain length, u32 stored length, u8 codec, 3 zeros
 *               (52 bytes)
 * trailer       0 magic "HFPACKED"   8 u64 offset of the contents   16 u32 their length
 *              20 u32 count         24 SHA-256 of the contents     56 u32 version = 1
 *              60 u32 CRC of the pack id and bytes 0..59
 * </pre>
 *
 * A record's CRC covers the pack's id and its own offset is in it, so bytes of another pack, or of
 * another place, never pass as a record of this one. A group ends on a multiple of 512, HDFS's
 * checksum unit: a sync then never leaves half a unit that the next write has to redo. A pack whose
 * writer died has no contents and no trailer; {@link PackScanner} reads it by its records.
 */
final class PackFormat {
    static final int VERSION = 1;
    static final int FILE_HEADER_BYTES = 64;
    static final int RECORD_HEADER_BYTES = 64;
    static final int TRAILER_BYTES = 64;
    static final int CONTENTS_HEADER_BYTES = 8;
    static final int CONTENTS_ENTRY_BYTES = 52;
    static final int ALIGNMENT = 512;

    /** Records in one pack: bounds what its table of contents costs its writer and its readers. */
    static final int PACK_RECORDS_MAX = 1 << 16;

    private static final long FILE_MAGIC = 0x48465041_434b0d0aL;
    private static final int RECORD_MAGIC = 0x48465243;
    private static final int CONTENTS_MAGIC = 0x48465443;
    private static final long TRAILER_MAGIC = 0x48465041_434b4544L;

    static {
        long worst =
                (long) CONTENTS_HEADER_BYTES
                        + (long) PACK_RECORDS_MAX * CONTENTS_ENTRY_BYTES
                        + TRAILER_BYTES
                        + RECORD_HEADER_BYTES
                        + Limits.CHUNK_BYTES_MAX
                        + ALIGNMENT;
        if (worst > ChunkStoreConfig.BLOCK_RESERVE_BYTES) {
            throw new IllegalStateException("a pack's end does not fit the room kept for it");
        }
    }

    private PackFormat() {}

    static byte[] fileHeader(PackId pack) {
        ByteBuffer header = ByteBuffer.allocate(FILE_HEADER_BYTES);
        header.putLong(FILE_MAGIC).putShort((short) VERSION).putShort((short) FILE_HEADER_BYTES);
        header.putInt(0).put(pack.toBytes());
        header.putInt(60, crc(header.array(), 0, 60));
        return header.array();
    }

    /** Reads a file header; throws {@link PackDamagedException} when it is not one of this pack. */
    static void checkFileHeader(PackId pack, byte[] bytes) throws PackDamagedException {
        ByteBuffer header = ByteBuffer.wrap(bytes);
        check(bytes.length == FILE_HEADER_BYTES, pack, 0, "the file header is cut short");
        check(header.getLong(0) == FILE_MAGIC, pack, 0, "not a pack");
        check(header.getInt(60) == crc(bytes, 0, 60), pack, 0, "the file header's CRC is wrong");
        int version = header.getShort(8);
        check(version == VERSION, pack, 0, "format version " + version + " is not known");
        byte[] id = new byte[16];
        header.get(16, id);
        check(PackId.of(id).equals(pack), pack, 0, "the file is pack " + PackId.of(id));
    }

    /** The pack that a sound file header names; empty when it is not one. */
    static Optional<PackId> identity(byte[] bytes) {
        ByteBuffer header = ByteBuffer.wrap(bytes);
        if (bytes.length != FILE_HEADER_BYTES
                || header.getLong(0) != FILE_MAGIC
                || header.getInt(60) != crc(bytes, 0, 60)) {
            return Optional.empty();
        }
        byte[] id = new byte[16];
        header.get(16, id);
        return Optional.of(PackId.of(id));
    }

    static void putRecordHeader(ByteBuffer to, PackId pack, RecordHeader record) {
        int start = to.position();
        to.putInt(RECORD_MAGIC).put((byte) VERSION).put((byte) record.codec());
        to.putShort((short) RECORD_HEADER_BYTES);
        record.hash().write(to);
        to.putInt(record.plainLength()).putInt(record.storedLength());
        to.putInt(record.payloadCrc()).putLong(record.offset());
        to.putInt(sealedCrc(pack, to.array(), to.arrayOffset() + start, 60));
    }

    /**
     * Reads the record header at {@code index} of the bytes, which lies at {@code offset} of the
     * pack.
     *
     * @throws PackDamagedException when there is none, or one that contradicts itself
     */
    static RecordHeader recordHeader(PackId pack, long offset, byte[] bytes, int index)
            throws PackDamagedException {
        check(index + RECORD_HEADER_BYTES <= bytes.length, pack, offset, "a record is cut short");
        ByteBuffer header = ByteBuffer.wrap(bytes, index, RECORD_HEADER_BYTES).slice();
        check(header.getInt(0) == RECORD_MAGIC, pack, offset, "no record starts here");
        check(
                header.getInt(60) == sealedCrc(pack, bytes, index, 60),
                pack,
                offset,
                "the record header's CRC is wrong");
        int version = header.get(4);
        check(version == VERSION, pack, offset, "record version " + version + " is not known");
        int codec = header.get(5);
        int plain = header.getInt(40);
        int stored = header.getInt(44);
        check(header.getLong(52) == offset, pack, offset, "the record belongs elsewhere");
        check(ChunkCodec.known(codec), pack, offset, "codec " + codec + " is not known");
        check(plain >= 0 && plain <= Limits.CHUNK_BYTES_MAX, pack, offset, "plain length " + plain);
        check(stored >= 0 && stored <= plain, pack, offset, "stored length " + stored);
        return new RecordHeader(
                offset, codec, Sha256.read(header.position(8)), plain, stored, header.getInt(48));
    }

    static boolean looksLikeRecord(byte[] bytes, int index) {
        return index + 4 <= bytes.length && ByteBuffer.wrap(bytes).getInt(index) == RECORD_MAGIC;
    }

    static boolean looksLikeContents(byte[] bytes, int index) {
        return index + 4 <= bytes.length && ByteBuffer.wrap(bytes).getInt(index) == CONTENTS_MAGIC;
    }

    /** Bytes of padding that a group ending here needs. */
    static int padding(long end) {
        return (int) (-end & (ALIGNMENT - 1));
    }

    /** The table of contents and the trailer of a pack whose records end at {@code offset}. */
    static byte[] footer(PackId pack, long offset, List<RecordHeader> records) {
        int length = CONTENTS_HEADER_BYTES + records.size() * CONTENTS_ENTRY_BYTES;
        ByteBuffer out = ByteBuffer.allocate(length + TRAILER_BYTES);
        out.putInt(CONTENTS_MAGIC).putInt(records.size());
        for (RecordHeader record : records) {
            record.hash().write(out);
            out.putLong(record.offset()).putInt(record.plainLength());
            out.putInt(record.storedLength()).put((byte) record.codec()).put(new byte[3]);
        }
        Sha256 digest = Sha256.hash(ByteBuffer.wrap(out.array(), 0, length));
        out.putLong(TRAILER_MAGIC).putLong(offset).putInt(length).putInt(records.size());
        digest.write(out);
        out.putInt(VERSION).putInt(sealedCrc(pack, out.array(), length, 60));
        return out.array();
    }

    /** Where a sealed pack's table of contents lies, read from the file's last 64 bytes. */
    record Trailer(long contentsOffset, int contentsLength, int count, Sha256 digest) {}

    static Trailer trailer(PackId pack, long fileLength, byte[] last) throws PackDamagedException {
        long at = fileLength - TRAILER_BYTES;
        check(last.length == TRAILER_BYTES && at >= 0, pack, at, "the trailer is cut short");
        ByteBuffer in = ByteBuffer.wrap(last);
        check(in.getLong(0) == TRAILER_MAGIC, pack, at, "there is no trailer");
        check(
                in.getInt(60) == sealedCrc(pack, last, 0, 60),
                pack,
                at,
                "the trailer's CRC is wrong");
        check(in.getInt(56) == VERSION, pack, at, "trailer version " + in.getInt(56));
        long offset = in.getLong(8);
        int length = in.getInt(16);
        int count = in.getInt(20);
        check(count >= 0 && count <= PACK_RECORDS_MAX, pack, at, "record count " + count);
        check(
                length == CONTENTS_HEADER_BYTES + count * CONTENTS_ENTRY_BYTES
                        && offset >= FILE_HEADER_BYTES
                        && offset + length == at,
                pack,
                at,
                "the trailer points elsewhere");
        return new Trailer(offset, length, count, Sha256.read(in.position(24)));
    }

    /**
     * Reads a table of contents; the payload CRCs are not part of it and are 0 in the answer.
     *
     * @throws PackDamagedException when it is not what the trailer describes
     */
    static List<RecordHeader> contents(PackId pack, Trailer trailer, byte[] bytes)
            throws PackDamagedException {
        long at = trailer.contentsOffset();
        check(bytes.length == trailer.contentsLength(), pack, at, "the contents are cut short");
        check(
                Sha256.hash(bytes).equals(trailer.digest()),
                pack,
                at,
                "the contents' digest is wrong");
        ByteBuffer in = ByteBuffer.wrap(bytes);
        check(in.getInt() == CONTENTS_MAGIC, pack, at, "no contents start here");
        check(in.getInt() == trailer.count(), pack, at, "the contents' count is wrong");
        List<RecordHeader> records = new ArrayList<>(trailer.count());
        long end = FILE_HEADER_BYTES;
        for (int index = 0; index < trailer.count(); index++) {
            Sha256 hash = Sha256.read(in);
            long offset = in.getLong();
            int plain = in.getInt();
            int stored = in.getInt();
            int codec = in.get();
            in.position(in.position() + 3);
            RecordHeader record = new RecordHeader(offset, codec, hash, plain, stored, 0);
            check(
                    offset >= end
                            && offset <= at
                            && plain >= 0
                            && plain <= Limits.CHUNK_BYTES_MAX
                            && stored >= 0
                            && stored <= plain
                            && record.end() <= at
                            && ChunkCodec.known(codec),
                    pack,
                    at,
                    "entry " + index + " of the contents is impossible");
            end = record.end();
            records.add(record);
        }
        return records;
    }

    static int crc(byte[] bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, length);
        return (int) crc.getValue();
    }

    private static int sealedCrc(PackId pack, byte[] bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(pack.toBytes());
        crc.update(bytes, from, length);
        return (int) crc.getValue();
    }

    private static void check(boolean holds, PackId pack, long offset, String otherwise)
            throws PackDamagedException {
        if (!holds) {
            throw new PackDamagedException(
                    "pack " + pack + ", offset " + offset + ": " + otherwise);
        }
    }
}
