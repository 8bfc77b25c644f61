package dev.holdfast.benchmarks;

import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.chunkstore.ChunkStoreConfig;
import dev.holdfast.chunkstore.EmbeddedHdfs;
import dev.holdfast.chunkstore.HdfsPackReplicas;
import dev.holdfast.embeddedfdb.EmbeddedDatabase;
import dev.holdfast.embeddedfdb.EmbeddedFdbDatabaseFactory;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import dev.holdfast.metadata.Caller;
import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.CollectionStore;
import dev.holdfast.metadata.MetadataConfig;
import dev.holdfast.metadata.MetadataStore;
import dev.holdfast.metadata.RepairStore;
import dev.holdfast.model.Answer;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeviceRegistered;
import dev.holdfast.model.wire.DeviceRegistration;
import dev.holdfast.model.wire.UploadStart;
import dev.holdfast.repair.RepairConfig;
import dev.holdfast.repair.RepairTools;
import dev.holdfast.repair.RepairWorker;
import dev.holdfast.repair.ScrubJob;
import dev.holdfast.repair.ScrubRequest;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;

/** A durable cell over an HDFS, for scrubs: chunks that their number makes, and a worker. */
final class ScrubCell implements AutoCloseable {
    private static final int CONTENT_CHUNKS = 64;
    private static final int AHEAD_CHUNKS_MAX = 512;

    final MetadataStore metadata;
    final CollectionStore rows;
    final RepairStore repair;
    private final EmbeddedHdfs hdfs;
    private final ChunkStoreConfig config;
    private final EmbeddedDatabase engine;
    private final FDBDatabase database;
    private final HdfsPackReplicas replicas;
    private final SplittableRandom random = new SplittableRandom(1);

    ScrubCell(EmbeddedHdfs hdfs, Path data, int replication) throws java.io.IOException {
        this.hdfs = hdfs;
        this.config = ChunkStoreConfig.forEmbedded(replication);
        this.engine = EmbeddedFoundationDb.open(data);
        this.database = new EmbeddedFdbDatabaseFactory(engine).getDatabase();
        this.metadata = MetadataStore.open(database, MetadataConfig.defaults(true));
        this.rows = CollectionStore.open(database, MetadataConfig.defaults(false));
        this.repair = RepairStore.open(database, MetadataConfig.defaults(false));
        this.replicas = HdfsPackReplicas.open(hdfs.uri(), hdfs.configuration(), config);
    }

    /** The chunk of a number; random bytes, which do not compress. */
    static byte[] chunk(int number, int length) {
        byte[] chunk = new byte[length];
        new SplittableRandom(number).nextBytes(chunk);
        return chunk;
    }

    ChunkStore open() {
        return ChunkStore.open(hdfs.uri(), hdfs.configuration(), metadata.chunks(), config);
    }

    RepairWorker worker(LongSupplier foregroundBytes) {
        RepairTools tools =
                new RepairTools(
                        rows,
                        repair,
                        metadata.chunks(),
                        replicas,
                        InstantSource.system(),
                        RepairConfig.defaults(config.packBytesMax()));
        return new RepairWorker(tools, "bench", foregroundBytes);
    }

    /** Orders a scrub of everything and runs it; bytes read from replicas. */
    long scrub(RepairWorker worker, boolean all, boolean mend, int findings) {
        long before = worker.meter().scannedBytes();
        Id128 job =
                ok(
                        rows.jobs()
                                .submit(
                                        ScrubJob.KIND,
                                        new ScrubRequest(all, mend, null, false).json()));
        if (!worker.runOne() || rows.jobs().get(job).orElseThrow().findings() != findings) {
            throw new IllegalStateException("the scrub found something else than it should");
        }
        return worker.meter().scannedBytes() - before;
    }

    ChunkLocation location(Sha256 hash) {
        ChunkLocation location = metadata.chunks().locate(List.of(hash)).get(hash);
        if (location == null) {
            throw new IllegalStateException("a chunk has no row");
        }
        return location;
    }

    /** Stores the chunks with the numbers below the count, in sealed packs. */
    void upload(int count, int length) {
        Sha256 token = Sha256.hash(new byte[] {1});
        String code = ok(metadata.accounts().create("bench", 0)).code();
        DeviceRegistered device =
                ok(
                        metadata.accounts()
                                .register(new DeviceRegistration(code, token, "pc", "linux")));
        Caller caller = new Caller(token);
        NamespaceId namespace = device.namespaces().getFirst().namespace();
        UploadId upload = UploadId.random(random);
        ok(metadata.uploads().begin(caller, new UploadStart(upload, namespace, 0)));
        List<CompletableFuture<?>> answers = new ArrayList<>();
        try (ChunkStore store = open()) {
            for (int from = 0; from < count; from += CONTENT_CHUNKS) {
                ContentId content = ContentId.random(random);
                List<byte[]> some = new ArrayList<>();
                List<ChunkRef> list = new ArrayList<>();
                for (int i = from; i < Math.min(count, from + CONTENT_CHUNKS); i++) {
                    some.add(chunk(i, length));
                    list.add(new ChunkRef(Sha256.hash(some.getLast()), length));
                }
                ContentPart part = new ContentPart(content, 0, true, list);
                ok(metadata.uploads().declare(caller, upload, new Declaration(List.of(part))));
                for (int i = 0; i < some.size(); i++) {
                    answers.add(store.append(content, list.get(i).hash(), some.get(i)));
                }
                if (answers.size() >= AHEAD_CHUNKS_MAX) {
                    answers.forEach(CompletableFuture::join);
                    answers.clear();
                }
            }
            answers.forEach(CompletableFuture::join);
        }
    }

    static <T> T ok(Answer<T> answer) {
        return switch (answer) {
            case Answer.Ok<T>(var value) -> value;
            case Answer.Refused<T>(var refusal) ->
                    throw new IllegalStateException("refused: " + refusal);
        };
    }

    @Override
    public void close() {
        replicas.close();
        metadata.close();
        database.close();
        engine.close();
    }
}
