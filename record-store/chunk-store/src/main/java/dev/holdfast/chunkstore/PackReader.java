package dev.holdfast.chunkstore;

import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.ChunkRows;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.hadoop.fs.ChecksumException;
import org.apache.hadoop.hdfs.BlockMissingException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches chunks and lets none through whose SHA-256 was not checked just now.
 *
 * <p>Adjacent chunks come with one positional read. When anything about a chunk is wrong, it is
 * fetched by itself, step by step: on a fresh stream, where its row says it lies now, and from each
 * replica by itself. Only when all of these gave a definite answer is the chunk called corrupt or
 * lost; an answer that never came makes it unavailable.
 */
final class PackReader implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PackReader.class);

    private final PackFiles files;
    private final PackInputs inputs;
    private final ChunkRows rows;
    private final StoreCounters counters;
    private volatile Consumer<PackId> doubts = _ -> {};

    PackReader(PackFiles files, int streamsMax, ChunkRows rows, StoreCounters counters) {
        this.files = files;
        this.inputs = new PackInputs(files, streamsMax);
        this.rows = rows;
        this.counters = counters;
    }

    /**
     * Tells of packs in which something definite was wrong, even when the chunk was good elsewhere.
     */
    void doubts(Consumer<PackId> listener) {
        doubts = listener;
    }

    /** What became of one chunk. */
    sealed interface Outcome {
        final class Good implements Outcome {
            private final byte[] plain;

            Good(byte[] plain) {
                this.plain = plain;
            }

            byte[] plain() {
                return plain;
            }
        }

        record Bad(ChunkStoreException why) implements Outcome {}
    }

    int openStreams() {
        return inputs.size();
    }

    /** One chunk; see {@link ChunkStore#read(Sha256, ChunkLocation)}. */
    byte[] read(StoredChunk chunk) {
        return switch (readRun(List.of(chunk)).getFirst()) {
            case Outcome.Good good -> good.plain();
            case Outcome.Bad bad -> throw bad.why();
        };
    }

    /** Chunks that follow each other in one pack, with one read; one outcome each, in order. */
    List<Outcome> readRun(List<StoredChunk> run) {
        long began = System.nanoTime();
        List<Outcome> outcomes = new ArrayList<>(run.size());
        ChunkLocation first = run.getFirst().location();
        long end = end(run.getLast().location());
        byte @Nullable [] bytes = null;
        try (PackInputs.Use use = inputs.use(first.pack(), end)) {
            bytes = fetch(VerifyFailure.Path.READ, use.input(), first.offset(), end);
        } catch (IOException | RuntimeException e) {
            log.debug("a run of {} chunks could not be read at once", run.size(), e);
        }
        for (StoredChunk chunk : run) {
            byte[] plain = null;
            if (bytes != null) {
                try {
                    plain =
                            decode(
                                    VerifyFailure.Path.READ,
                                    chunk,
                                    chunk.location(),
                                    bytes,
                                    first.offset());
                } catch (IOException e) {
                    log.warn("a chunk was read wrong and is read again: {}", e.getMessage());
                    doubts.accept(chunk.location().pack());
                }
            }
            outcomes.add(plain == null ? carefully(chunk) : new Outcome.Good(plain));
        }
        count(outcomes);
        counters.readSeconds.observeNanos(System.nanoTime() - began);
        return outcomes;
    }

    private void count(List<Outcome> outcomes) {
        for (Outcome outcome : outcomes) {
            switch (outcome) {
                case Outcome.Good good -> {
                    counters.chunksRead.increment();
                    counters.bytesRead.add(good.plain().length);
                }
                case Outcome.Bad _ -> counters.chunksRefused.increment();
            }
        }
    }

    static long end(ChunkLocation location) {
        return location.offset() + PackFormat.RECORD_HEADER_BYTES + location.storedLength();
    }

    private byte[] fetch(VerifyFailure.Path path, PackFiles.Input input, long from, long end)
            throws IOException {
        byte[] bytes = new byte[Math.toIntExact(end - from)];
        if (end > input.length()) {
            counters.verifyFailed(path, VerifyFailure.Cause.CUT);
            throw new EOFException("the pack ends at " + input.length() + ", before " + end);
        }
        try {
            input.read(from, bytes, 0, bytes.length);
        } catch (ChecksumException e) {
            counters.verifyFailed(path, VerifyFailure.Cause.CHECKSUM);
            throw e;
        }
        return bytes;
    }

    /** The chunk out of bytes that start at {@code base} of its pack. */
    private byte[] decode(
            VerifyFailure.Path path,
            StoredChunk chunk,
            ChunkLocation location,
            byte[] bytes,
            long base)
            throws IOException {
        int index = Math.toIntExact(location.offset() - base);
        VerifyFailure.Cause wrong = VerifyFailure.Cause.RECORD;
        try {
            RecordHeader header =
                    PackFormat.recordHeader(location.pack(), location.offset(), bytes, index);
            if (!header.hash().equals(chunk.hash())
                    || header.storedLength() != location.storedLength()
                    || header.plainLength() != location.plainLength()) {
                throw new PackDamagedException("the record is not the chunk that its row names");
            }
            wrong = VerifyFailure.Cause.PAYLOAD;
            byte[] plain =
                    ChunkCodec.decode(
                            header.codec(),
                            bytes,
                            index + PackFormat.RECORD_HEADER_BYTES,
                            header.storedLength(),
                            header.plainLength());
            wrong = VerifyFailure.Cause.DIGEST;
            if (!Sha256.hash(plain).equals(chunk.hash())) {
                throw new PackDamagedException("the bytes are not the chunk");
            }
            return plain;
        } catch (IOException e) {
            counters.verifyFailed(path, wrong);
            throw e;
        }
    }

    private Outcome carefully(StoredChunk chunk) {
        Findings findings = new Findings();
        ChunkLocation location = chunk.location();
        byte[] plain = attempt(chunk, location, findings);
        if (plain == null) {
            ChunkLocation now = resolve(chunk.hash(), findings);
            if (now != null && !now.equals(location)) {
                location = now;
                plain = attempt(chunk, location, findings);
            }
        }
        if (plain == null) {
            plain = fromReplicas(chunk, location, findings);
        }
        if (plain != null) {
            return new Outcome.Good(plain);
        }
        ChunkStoreException verdict = findings.verdict(chunk.hash(), location);
        if (!(verdict instanceof StorageUnavailableException)) {
            doubts.accept(location.pack());
        }
        return new Outcome.Bad(verdict);
    }

    private byte @Nullable [] attempt(
            StoredChunk chunk, ChunkLocation location, Findings findings) {
        try (PackInputs.Use use = inputs.fresh(location.pack())) {
            return decode(
                    VerifyFailure.Path.READ,
                    chunk,
                    location,
                    fetch(VerifyFailure.Path.READ, use.input(), location.offset(), end(location)),
                    location.offset());
        } catch (BlockMissingException e) {
            // Every copy failed, and HDFS does not say how: asking each by itself will.
            log.debug("no copy could be read", e);
            return null;
        } catch (IOException e) {
            findings.add(e);
            return null;
        } catch (RuntimeException e) {
            findings.add(new IOException("HDFS's client failed", e));
            return null;
        }
    }

    private @Nullable ChunkLocation resolve(Sha256 hash, Findings findings) {
        try {
            Map<Sha256, ChunkLocation> located = rows.locate(List.of(hash));
            return located.get(hash);
        } catch (RuntimeException e) {
            findings.add(new IOException("the chunk's row could not be read", e));
            return null;
        }
    }

    private byte @Nullable [] fromReplicas(
            StoredChunk chunk, ChunkLocation location, Findings findings) {
        try {
            for (PackFiles.Input replica : files.replicas(location.pack(), findings::add)) {
                try {
                    VerifyFailure.Path path = VerifyFailure.Path.REPLICA;
                    byte[] bytes = fetch(path, replica, location.offset(), end(location));
                    return decode(path, chunk, location, bytes, location.offset());
                } catch (IOException e) {
                    findings.add(e);
                } finally {
                    replica.close();
                }
            }
        } catch (IOException e) {
            findings.add(e);
        } catch (RuntimeException e) {
            findings.add(new IOException("HDFS's client failed", e));
        }
        return null;
    }

    /** What the attempts came to, and what follows from it. */
    private static final class Findings {
        private final List<IOException> seen = new ArrayList<>();

        void add(IOException failure) {
            seen.add(failure);
        }

        ChunkStoreException verdict(Sha256 hash, ChunkLocation location) {
            boolean corrupt = false;
            for (IOException failure : seen) {
                if (failure instanceof PackDamagedException
                        || failure instanceof ChecksumException) {
                    corrupt = true;
                } else if (!(failure instanceof FileNotFoundException
                        || failure instanceof EOFException)) {
                    return unavailable(failure);
                }
            }
            IOException last = seen.getLast();
            return corrupt
                    ? new ChunkCorruptException(hash, location, "no good copy was found", last)
                    : new ChunkLostException(hash, location, "its bytes are gone", last);
        }

        private static ChunkStoreException unavailable(IOException failure) {
            return new StorageUnavailableException(
                    "HDFS cannot read the chunk now: " + failure.getMessage(), failure);
        }
    }

    @Override
    public void close() {
        inputs.close();
    }
}
