package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.model.Limits;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
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

    private static RunReads.ReadMemory memory(long ahead, long turns, Duration wait) {
        return new RunReads.ReadMemory(new ByteBudget(ahead), new ByteBudget(turns), wait);
    }

    private List<StoredChunk> neighbours(int count) {
        List<StoredChunk> chunks = new ArrayList<>();
        for (int index = 0; index < count; index++) {
            chunks.add(chunk(PACK, 64 + index * 200_064L, 200_000, 200_000));
        }
        return chunks;
    }

    private static PackReader reader() {
        FaultyFiles files = new FaultyFiles(call -> null, pack -> 1);
        return new PackReader(files, 4, new MemoryChunkRows(), new StoreCounters());
    }

    @Test
    void whatIsReadAheadStaysWithinTheReadersShareAndIsGivenBack() {
        Deque<Runnable> started = new ArrayDeque<>();
        RunReads.ReadMemory memory = memory(64L << 20, 64L << 20, Duration.ofSeconds(1));
        try (PackReader reader = reader()) {
            try (RunReads reads =
                    new RunReads(reader, started::add, memory, 2 << 20, neighbours(100))) {
                assertThat(reads.hasNext()).isTrue();
                assertThat(started).hasSizeGreaterThan(1);
                assertThat(memory.ahead().heldBytes())
                        .isPositive()
                        .isLessThanOrEqualTo((4 << 20) + 4_096);
            }
            // The reader has left; what was begun for it counts until it is over.
            assertThat(memory.ahead().heldBytes()).isPositive();
            started.forEach(Runnable::run);
            assertThat(memory.ahead().heldBytes()).isZero();
        }
    }

    /** Mutated once: with the bytes of a delivered run given back at once, the memory grew. */
    @Test
    void readersThatDoNotTakeWhatTheyAreGivenCostNoMoreThanTheBudgets() {
        RunReads.ReadMemory memory = memory(4L << 20, 4L << 20, Duration.ofMillis(5));
        List<RunReads> slow = new ArrayList<>();
        int served = 0;
        try (PackReader reader = reader()) {
            for (int client = 0; client < 60; client++) {
                RunReads reads =
                        new RunReads(reader, Runnable::run, memory, 1 << 20, neighbours(50));
                slow.add(reads);
                try {
                    reads.next();
                } catch (ChunkLostException e) {
                    // There is no such pack: an answer all the same, and memory was held for it.
                    served++;
                } catch (StorageUnavailableException e) {
                    assertThat(e).hasMessageContaining("too many readers");
                }
                assertThat(memory.ahead().heldBytes()).isLessThanOrEqualTo(4L << 20);
                assertThat(memory.turns().heldBytes()).isLessThanOrEqualTo(4L << 20);
            }
            assertThat(served).isBetween(10, 30);
            // One of them goes on, and its place is free.
            slow.removeFirst().close();
            try (RunReads next =
                    new RunReads(reader, Runnable::run, memory, 1 << 20, neighbours(50))) {
                assertThatThrownBy(next::next).isInstanceOf(ChunkLostException.class);
            }
            slow.forEach(RunReads::close);
            assertThat(memory.ahead().heldBytes()).isZero();
            assertThat(memory.turns().heldBytes()).isZero();
        }
    }

    @Test
    void withoutReadAheadEveryChunkStillComesInOrder() throws Exception {
        MemoryChunkRows rows = new MemoryChunkRows();
        FaultyFiles files = new FaultyFiles(call -> null, pack -> 1);
        Chunks chunks = Chunks.of(9);
        List<byte[]> written = new ArrayList<>();
        List<StoredChunk> stored = new ArrayList<>();
        ChunkStoreConfig config = ChunkStoreConfig.forEmbedded(1).withOpenPacks(1);
        try (ChunkStore store = ChunkStore.over(files, rows, config, Clock.systemUTC())) {
            for (int index = 0; index < 30; index++) {
                byte[] bytes = chunks.incompressible(10_000);
                written.add(bytes);
                store.append(chunks.content(), Sha256.hash(bytes), bytes).get(10, TimeUnit.SECONDS);
                stored.add(new StoredChunk(Sha256.hash(bytes), rows.location(Sha256.hash(bytes))));
            }
        }
        RunReads.ReadMemory memory = memory(64 << 10, 64 << 10, Duration.ofSeconds(1));
        assertThat(memory.ahead().tryAcquire(64 << 10)).isTrue();
        try (PackReader reader = new PackReader(files, 4, rows, new StoreCounters());
                RunReads reads = new RunReads(reader, Runnable::run, memory, 1 << 20, stored)) {
            for (byte[] bytes : written) {
                assertThat(reads.hasNext()).isTrue();
                assertThat(reads.next()).isEqualTo(bytes);
            }
            assertThat(reads.hasNext()).isFalse();
        }
        assertThat(memory.turns().heldBytes()).isZero();
    }
}
