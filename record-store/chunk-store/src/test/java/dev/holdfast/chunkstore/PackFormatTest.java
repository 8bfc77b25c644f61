package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The bytes of a pack: what they are for ever, and what is made of any others. */
final class PackFormatTest {
    private static final PackId PACK = PackId.parse("00112233445566778899aabbccddeeff");
    private static final int FUZZ_ROUNDS = 20_000;

    /** A pack in memory, written the way the store writes it. */
    private static byte[] pack(List<List<byte[]>> groups, boolean finish) throws IOException {
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
        for (List<byte[]> group : groups) {
            List<PendingRecord> records = new ArrayList<>();
            for (byte[] chunk : group) {
                PendingRecord record =
                        new PendingRecord(
                                Sha256.hash(chunk),
                                ChunkCodec.PLAIN,
                                chunk.length,
                                chunk,
                                0,
                                chunk.length);
                records.add(record);
            }
            file.append(records, 1);
        }
        if (finish) {
            file.finish();
        }
        return bytes.toByteArray();
    }

    private static List<List<byte[]>> groups(SplittableRandom random) {
        List<List<byte[]>> groups = new ArrayList<>();
        for (int group = random.nextInt(4); group >= 0; group--) {
            List<byte[]> chunks = new ArrayList<>();
            for (int chunk = random.nextInt(5); chunk >= 0; chunk--) {
                byte[] bytes = new byte[1 + random.nextInt(3_000)];
                random.nextBytes(bytes);
                chunks.add(bytes);
            }
            groups.add(chunks);
        }
        return groups;
    }

    private static byte[] golden(String name) throws IOException {
        try (InputStream in = PackFormatTest.class.getResourceAsStream("/golden/" + name)) {
            if (in == null) {
                throw new IOException("no golden file " + name);
            }
            String text = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
            return HexFormat.of().parseHex(text.replaceAll("\\s", ""));
        }
    }

    private static List<List<byte[]>> goldenGroups() {
        return List.of(
                List.of("hello".getBytes(StandardCharsets.UTF_8), new byte[] {0}),
                List.of("a second group".getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void theFormatIsTheOneOfTheGoldenFile() throws IOException {
        byte[] written = pack(goldenGroups(), true);
        assertThat(HexFormat.of().formatHex(written))
                .isEqualTo(HexFormat.of().formatHex(golden("pack-v1.hex")));
    }

    @Test
    void theGoldenFileReadsByItsTableAndByItsRecords() throws IOException {
        MemoryInput input = new MemoryInput(golden("pack-v1.hex"));
        PackScanner.Contents table = PackScanner.read(PACK, input);
        PackScanner.Contents walked = PackScanner.walk(PACK, input);
        assertThat(table.finished()).isTrue();
        assertThat(walked.damage()).isEmpty();
        assertThat(table.records())
                .extracting(RecordHeader::hash)
                .containsExactly(
                        Sha256.hash("hello".getBytes(StandardCharsets.UTF_8)),
                        Sha256.hash(new byte[] {0}),
                        Sha256.hash("a second group".getBytes(StandardCharsets.UTF_8)));
        assertThat(table.records())
                .extracting(RecordHeader::offset)
                .containsExactly(64L, 133L, 512L);
        assertThat(walked.records())
                .extracting(RecordHeader::offset)
                .containsExactly(64L, 133L, 512L);
    }

    @Test
    void aPackOfAnotherNameIsNotThisPack() throws IOException {
        MemoryInput input = new MemoryInput(golden("pack-v1.hex"));
        PackId other = PackId.parse("00112233445566778899aabbccddeefe");
        assertThatThrownBy(() -> PackScanner.read(other, input))
                .isInstanceOf(PackDamagedException.class)
                .hasMessageContaining("the file is pack " + PACK);
    }

    @Test
    void aRecordMovedToAnotherOffsetIsRefused() throws IOException {
        byte[] bytes = golden("pack-v1.hex");
        System.arraycopy(bytes, 64, bytes, 1024, 69);
        assertThatThrownBy(() -> PackFormat.recordHeader(PACK, 1024, bytes, 1024))
                .isInstanceOf(PackDamagedException.class)
                .hasMessageContaining("belongs elsewhere");
    }

    @Test
    void everyFlippedBitOfAHeaderIsNoticed() throws IOException {
        byte[] good = golden("pack-v1.hex");
        for (int bit = 0; bit < PackFormat.RECORD_HEADER_BYTES * 8; bit++) {
            byte[] bytes = good.clone();
            bytes[64 + bit / 8] ^= (byte) (1 << bit % 8);
            assertThatThrownBy(() -> PackFormat.recordHeader(PACK, 64, bytes, 64))
                    .isInstanceOf(PackDamagedException.class);
        }
    }

    @Test
    void everyFlippedBitOfTheTableOrTrailerFallsBackToTheRecords() throws IOException {
        byte[] good = golden("pack-v1.hex");
        int footer = 1024;
        for (int bit = footer * 8; bit < good.length * 8; bit++) {
            byte[] bytes = good.clone();
            bytes[bit / 8] ^= (byte) (1 << bit % 8);
            PackScanner.Contents contents = PackScanner.read(PACK, new MemoryInput(bytes));
            assertThat(contents.finished()).isFalse();
            assertThat(contents.records()).hasSize(3);
        }
    }

    @Test
    void aPackCutAnywhereKeepsTheRecordsBeforeTheCut() throws IOException {
        byte[] whole = golden("pack-v1.hex");
        List<RecordHeader> records = PackScanner.walk(PACK, new MemoryInput(whole)).records();
        for (int length = PackFormat.FILE_HEADER_BYTES; length < whole.length; length++) {
            PackScanner.Contents cut =
                    PackScanner.read(PACK, new MemoryInput(Arrays.copyOf(whole, length)));
            int end = length;
            assertThat(cut.records())
                    .extracting(RecordHeader::offset)
                    .containsExactlyElementsOf(
                            records.stream()
                                    .filter(record -> record.end() <= end)
                                    .map(RecordHeader::offset)
                                    .toList());
        }
    }

    @Test
    void aDestroyedRecordDoesNotHideTheGroupsAfterIt() throws IOException {
        byte[] bytes = pack(goldenGroups(), false);
        Arrays.fill(bytes, 64, 140, (byte) 0x5a);
        PackScanner.Contents contents = PackScanner.read(PACK, new MemoryInput(bytes));
        assertThat(contents.records()).extracting(RecordHeader::offset).containsExactly(512L);
        assertThat(contents.damage()).isNotEmpty();
    }

    @Test
    void theParserEndsOnAnyBytesAndInventsNoRecord() throws IOException {
        long seed = Long.getLong("holdfast.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        try {
            for (int round = 0; round < FUZZ_ROUNDS; round++) {
                SplittableRandom own = random.split();
                byte[] bytes = pack(groups(own), own.nextBoolean());
                List<RecordHeader> before =
                        PackScanner.walk(PACK, new MemoryInput(bytes)).records();
                int length = own.nextBoolean() ? bytes.length : own.nextInt(bytes.length + 1);
                byte[] damaged = Arrays.copyOf(bytes, length);
                for (int hit = own.nextInt(20); hit > 0 && length > 0; hit--) {
                    damaged[own.nextInt(length)] = (byte) own.nextInt();
                }
                try {
                    for (RecordHeader found :
                            PackScanner.read(PACK, new MemoryInput(damaged)).records()) {
                        assertThat(before)
                                .anyMatch(record ->
                                        record.offset() == found.offset()
                                                && record.hash().equals(found.hash())
                                                && record.end() == found.end());
                    }
                } catch (PackDamagedException e) {
                    assertThat(e).hasMessageContaining(PACK.toString());
                }
            }
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError("replay: -Dtest=PackFormatTest -Dholdfast.seed=" + seed, e);
        }
    }
}
