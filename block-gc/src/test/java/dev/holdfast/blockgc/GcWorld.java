package dev.holdfast.blockgc;

import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import dev.holdfast.embeddedfdb.EmbeddedDatabase;
import dev.holdfast.embeddedfdb.EmbeddedFdbDatabaseFactory;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import dev.holdfast.metadata.Caller;
import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.CollectionStore;
import dev.holdfast.metadata.MetadataConfig;
import dev.holdfast.metadata.MetadataStore;
import dev.holdfast.metadata.PackFencedException;
import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.metadata.PlacedChunk;
import dev.holdfast.metadata.Placement;
import dev.holdfast.model.Answer;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeviceRegistered;
import dev.holdfast.model.wire.DeviceRegistration;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResult;
import dev.holdfast.model.wire.UploadStart;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/** A cell in memory with packs in memory, one account, and a clock the test holds. */
final class GcWorld implements AutoCloseable {
    static final CollectorConfig CONFIG =
            new CollectorConfig(
                    Duration.ofHours(24),
                    Duration.ofHours(12),
                    Duration.ZERO,
                    Duration.ofDays(400),
                    Duration.ofMinutes(1),
                    0.2,
                    64 << 20,
                    1 << 20,
                    4,
                    0.05,
                    10L << 30,
                    Duration.ofMinutes(5),
                    1);
    static final Pacer NO_WAIT =
            new Pacer() {
                @Override
                public long nanos() {
                    return System.nanoTime();
                }

                @Override
                public void stepped(Step step, long units, long nanos) {}

                @Override
                public void pause(Duration time) {
                    Thread.onSpinWait();
                }
            };
    static final GcRequest NOW = new GcRequest(true, false, Long.MAX_VALUE, false);

    final AtomicLong nowMillis =
            new AtomicLong(Instant.parse("2026-03-01T12:00:00Z").toEpochMilli());
    final InstantSource clock = () -> Instant.ofEpochMilli(nowMillis.get());
    final RandomGenerator random;
    final EmbeddedDatabase engine = EmbeddedFoundationDb.inMemory();
    final FDBDatabase database = new EmbeddedFdbDatabaseFactory(engine).getDatabase();
    final MetadataConfig config;
    final MetadataStore metadata;
    final CollectionStore rows;
    final MemoryPacks packs = new MemoryPacks();
    final Caller caller;
    final NamespaceId ns;
    private final AtomicLong sequence = new AtomicLong();
    private final AtomicLong holders = new AtomicLong();

    GcWorld(long seed) {
        random = locked(new SplittableRandom(seed));
        config =
                new MetadataConfig(
                        clock,
                        random,
                        true,
                        Duration.ofMinutes(15),
                        Duration.ofDays(7),
                        Duration.ofDays(30));
        metadata = MetadataStore.open(database, config);
        rows = CollectionStore.open(database, config);
        Sha256 token = Sha256.hash(new byte[] {1});
        String code = ok(metadata.accounts().create("ada", 0)).code();
        DeviceRegistered device =
                ok(
                        metadata.accounts()
                                .register(new DeviceRegistration(code, token, "pc", "linux")));
        caller = new Caller(token);
        ns = device.namespaces().getFirst().namespace();
    }

    private static RandomGenerator locked(RandomGenerator inner) {
        Object lock = new Object();
        return () -> {
            synchronized (lock) {
                return inner.nextLong();
            }
        };
    }

    @Override
    public void close() {
        metadata.close();
        database.close();
        engine.close();
    }

    static <T> T ok(Answer<T> answer) {
        return switch (answer) {
            case Answer.Ok<T>(var value) -> value;
            case Answer.Refused<T>(var refusal) -> throw new AssertionError("refused: " + refusal);
        };
    }

    Collector collector(CollectorConfig config) {
        return new Collector(
                rows, metadata.chunks(), packs, Retention.NONE, config, clock, NO_WAIT);
    }

    GcReport collect(GcRequest request) {
        return collector(CONFIG).run(request, "worker-" + holders.incrementAndGet());
    }

    void pass(Duration time) {
        nowMillis.addAndGet(time.toMillis());
    }

    byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new SplittableRandom(random.nextLong()).nextBytes(bytes);
        return bytes;
    }

    static ChunkRef ref(byte[] chunk) {
        return new ChunkRef(Sha256.hash(chunk), chunk.length);
    }

    UploadId upload() {
        UploadId upload = UploadId.random(random);
        ok(metadata.uploads().begin(caller, new UploadStart(upload, ns, 0)));
        return upload;
    }

    /** Declares a content and sends what is missing, in a pack of its own, which is sealed. */
    Answer<ContentId> send(UploadId upload, List<byte[]> chunks) {
        ContentId content = ContentId.random(random);
        List<ChunkRef> list = chunks.stream().map(GcWorld::ref).toList();
        var declared =
                metadata.uploads()
                        .declare(
                                caller,
                                upload,
                                new Declaration(List.of(new ContentPart(content, 0, true, list))));
        if (declared instanceof Answer.Refused<?>(var refusal)) {
            return Answer.refused(refusal);
        }
        List<Integer> missing = ok(declared).contents().getFirst().missing();
        if (!missing.isEmpty()) {
            PackWriterLease pack = metadata.chunks().beginPack();
            packs.create(pack.pack());
            List<PlacedChunk> placed = new ArrayList<>();
            for (int position : missing) {
                byte[] chunk = chunks.get(position);
                long offset = packs.write(pack.pack(), chunk);
                placed.add(
                        new PlacedChunk(
                                content,
                                list.get(position).hash(),
                                offset,
                                chunk.length,
                                chunk.length,
                                0));
            }
            try {
                for (Placement placement : metadata.chunks().place(pack, placed)) {
                    Objects.requireNonNull(placement);
                }
                metadata.chunks().sealPack(pack, packs.length(pack.pack()));
            } catch (PackFencedException e) {
                throw new AssertionError("nobody else seals this pack", e);
            }
        }
        return Answer.ok(content);
    }

    OpResult apply(Op op) {
        return ok(metadata.nodes().apply(caller, ns, new OpBatch(0, List.of(op))))
                .results()
                .getFirst();
    }

    /** Commits a content as a file; the result says whether it went. */
    OpResult create(ContentId content) {
        return apply(
                new Op.CreateFile(
                        sequence.incrementAndGet(),
                        NodeId.random(random),
                        NodeId.rootOf(ns),
                        "f" + content,
                        content,
                        1,
                        false,
                        OnConflict.REJECT));
    }

    NodeState file(byte[]... chunks) {
        OpResult result = create(ok(send(upload(), List.of(chunks))));
        if (!result.done()) {
            throw new AssertionError("refused: " + result);
        }
        return Objects.requireNonNull(result.node());
    }

    void purge(NodeState file) {
        trash(file);
        apply(new Op.Purge(sequence.incrementAndGet(), file.node()));
    }

    void trash(NodeState file) {
        apply(new Op.Trash(sequence.incrementAndGet(), file.node(), file.contentRev(), null));
    }

    /** The file's bytes by way of its rows and the packs, as a reader gets them. */
    List<byte[]> read(NodeState file) {
        List<ChunkRef> chunks =
                ok(metadata.nodes().manifest(caller, ns, file.node(), null, 0, 1_000)).chunks();
        List<byte[]> all = new ArrayList<>();
        for (ChunkRef chunk : chunks) {
            all.add(readChunk(chunk.hash()));
        }
        return all;
    }

    ChunkLocation location(Sha256 hash) {
        return Objects.requireNonNull(metadata.chunks().locate(List.of(hash)).get(hash));
    }

    private byte[] readChunk(Sha256 hash) {
        // A chunk may move between the look-up and the read; a reader looks again then.
        for (int attempt = 0; ; attempt++) {
            var location = metadata.chunks().locate(List.of(hash)).get(hash);
            if (location == null) {
                throw new AssertionError("chunk " + hash + " has no row");
            }
            try {
                return packs.read(hash, location);
            } catch (java.io.IOException e) {
                if (attempt == 5) {
                    throw new AssertionError("chunk " + hash + " cannot be read", e);
                }
            }
        }
    }
}
