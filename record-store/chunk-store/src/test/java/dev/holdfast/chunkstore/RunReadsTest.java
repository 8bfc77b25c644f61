package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.model.Limits;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** How a list of chunks is cut into reads, and what it may hold in memory. */
final class RunReadsTest {
    private static final PackId PACK = PackId.parse("000000000000000000000000000000aa");
    private static final PackId OTHER = PackId.parse("000000000000000000000000000000bb");
    private static final int RUN_BYTES_MAX = 1 << 20;

    private final SplittableRandom random = new SplittableRandom(5);

    private StoredChunk chunk(PackId pack, long offset, int stored, int plain) {
        byte[] seed = new byte[8];
        random.nextBytes(seed);
        return new StoredChunk(
                Sha256.hash(seed),
                new ChunkLocation(
                        pack,
                        offset,
                        plain,
                        stored,
                        stored == plain ? ChunkCodec.PLAIN : ChunkCodec.ZSTD,
                        1));
    }

    private static List<Integer> sizes(List<StoredChunk> chunks) {
        return RunReads.runs(chunks, RUN_BYTES_MAX).stream().map(List::size).toList();
    }

    @Test
    void neighboursComeTogetherAndStrangersDoNot() {
        List<StoredChunk> chunks =
                List.of(
                        chunk(PACK, 64, 1_000, 1_000),
                        chunk(PACK, 1_128, 1_000, 1_000),
                        // A group's padding lies between.
                        chunk(PACK, 2_560, 1_000, 1_000),
                        // Too far on.
                        chunk(PACK, 500_000, 1_000, 1_000),
                        chunk(OTHER, 501_064, 1_000, 1_000),
                        // Backwards.
                        chunk(OTHER, 64, 1_000, 1_000));
        assertThat(sizes(chunks)).containsExactly(3, 1, 1, 1);
    }

    @Test
    void aRunIsBoundedInThePackAndInMemory() {
        List<StoredChunk> plain = new ArrayList<>();
        List<StoredChunk> compressed = new ArrayList<>();
        for (int index = 0; index < 40; index++) {
            plain.add(chunk(PACK, 64 + index * 100_064L, 100_000, 100_000));
            compressed.add(chunk(PACK, 64 + index * 264L, 200, Limits.CHUNK_BYTES_MAX));
        }
        assertThat(sizes(plain)).containsExactly(10, 10, 10, 10);
        assertThat(sizes(compressed)).hasSize(40).containsOnly(1);
    }

    @Test
    void whatIsReadAheadStaysWithinTheReadersShareAndIsGivenBack() {
        List<StoredChunk> chunks = new ArrayList<>();
        for (int index = 0; index < 100; index++) {
            chunks.add(chunk(PACK, 64 + index * 200_064L, 200_000, 200_000));
        }
        Deque<Runnable> started = new ArrayDeque<>();
        ByteBudget budget = new ByteBudget(64L << 20);
        FaultyFiles files = new FaultyFiles(call -> null, pack -> 1);
        PackReader reader = new PackReader(files, 4, new MemoryChunkRows(), new StoreCounters());
        try (RunReads reads = new RunReads(reader, started::add, budget, 2 << 20, chunks)) {
            assertThat(reads.hasNext()).isTrue();
            assertThat(started).hasSizeGreaterThan(1);
            assertThat(budget.heldBytes()).isPositive().isLessThanOrEqualTo((4 << 20) + 4_096);
        }
        assertThat(budget.heldBytes()).isZero();
        reader.close();
    }
}
