package dev.holdfast.benchmarks;

import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabaseFactory;
import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.chunkstore.ChunkStoreConfig;
import dev.holdfast.chunkstore.EmbeddedHdfs;
import dev.holdfast.embeddedfdb.EmbeddedDatabase;
import dev.holdfast.embeddedfdb.EmbeddedFdbDatabaseFactory;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import dev.holdfast.metadata.Caller;
import dev.holdfast.metadata.ChunkRows;
import dev.holdfast.metadata.MetadataConfig;
import dev.holdfast.metadata.MetadataStore;
import dev.holdfast.metadata.Placement;
import dev.holdfast.model.Answer;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeviceRegistration;
import dev.holdfast.model.wire.UploadStart;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Chunks of 4 KiB: against a file for each of them, and, with their rows in FoundationDB, against
 * saves of the same rows that store no bytes at all.
 */
final class SmallChunks {
    private static final int CHUNK_BYTES = 4 << 10;
    private static final int COUNT = Integer.getInteger("holdfast.bench.small", 20_000);
    private static final int FILES = 200;

    /** Chunks of one content: a declaration of one part. */
    private static final int CONTENT_CHUNKS = 1_000;

    private final EmbeddedHdfs hdfs;
    private final BareHdfs bare;
    private final Path scratch;
    private final SplittableRandom random = new SplittableRandom();

    SmallChunks(EmbeddedHdfs hdfs, BareHdfs bare, Path scratch) {
        this.hdfs = hdfs;
        this.bare = bare;
        this.scratch = scratch;
    }

    /** A chunk for a content. */
    private record Sending(ContentId content, Sha256 hash, ByteBuffer bytes) {}

    void measure(Map<String, String> figures) throws Exception {
        double files = bare.oneFilePerChunk(new byte[CHUNK_BYTES], FILES);
        double memory = 0;
        for (int round = 0; round < 3; round++) {
            memory = Math.max(memory, store(new BenchmarkRows(), sendings()));
        }
        figures.put(
                "4 KiB chunks, rows in memory, bare a file each",
                ChunkStoreScenario.versus(memory, files, "chunks/s"));
        @Nullable String cluster = System.getenv("HOLDFAST_FDB_CLUSTER_FILE");
        if (cluster != null) {
            withRows(figures, FDBDatabaseFactory.instance().getDatabase(cluster), files, "cluster");
            return;
        }
        try (EmbeddedDatabase engine = EmbeddedFoundationDb.open(scratch.resolve("engine"))) {
            FDBDatabase database = new EmbeddedFdbDatabaseFactory(engine).getDatabase();
            withRows(figures, database, files, "engine");
        }
    }

    private void withRows(
            Map<String, String> figures, FDBDatabase database, double files, String where)
            throws Exception {
        double ours = 0;
        double saves = 0;
        try (MetadataStore metadata =
                MetadataStore.open(database, MetadataConfig.defaults(where.equals("engine")))) {
            Session session = new Session(metadata);
            for (int round = 0; round < 3; round++) {
                List<Sending> sendings = session.declared(sendings());
                ours = Math.max(ours, store(metadata.chunks(), sendings));
                saves = Math.max(saves, new BareRows(database).savesPerSecond(COUNT));
            }
        }
        figures.put(
                "4 KiB chunks, rows in the " + where + ", bare a file each",
                ChunkStoreScenario.versus(ours, files, "chunks/s"));
        figures.put(
                "4 KiB chunks, rows in the " + where + ", bare Record Layer saves",
                ChunkStoreScenario.versus(ours, saves, "chunks/s"));
    }

    private List<Sending> sendings() {
        List<Sending> all = new ArrayList<>();
        ContentId content = ContentId.random(random);
        for (int index = 0; index < COUNT; index++) {
            if (index % CONTENT_CHUNKS == 0) {
                content = ContentId.random(random);
            }
            byte[] bytes = new byte[CHUNK_BYTES];
            random.nextBytes(bytes);
            all.add(new Sending(content, Sha256.hash(bytes), ByteBuffer.wrap(bytes)));
        }
        return all;
    }

    private double store(ChunkRows rows, List<Sending> sendings) throws Exception {
        try (ChunkStore store =
                ChunkStore.open(
                        hdfs.uri(), hdfs.configuration(), rows, ChunkStoreConfig.forEmbedded(1))) {
            long start = System.nanoTime();
            List<CompletableFuture<Placement>> answers = new ArrayList<>();
            for (Sending sending : sendings) {
                answers.add(store.append(sending.content(), sending.hash(), sending.bytes()));
            }
            for (CompletableFuture<Placement> answer : answers) {
                if (answer.join() != Placement.PLACED) {
                    throw new IllegalStateException("a chunk was not placed: " + answer.join());
                }
            }
            return sendings.size() / ((System.nanoTime() - start) / 1e9);
        } finally {
            bare.clear();
        }
    }

    /** An account that has declared what will be sent. */
    private final class Session {
        private final MetadataStore metadata;
        private final Caller caller;
        private final NamespaceId ns;

        Session(MetadataStore metadata) {
            this.metadata = metadata;
            byte[] token = new byte[32];
            random.nextBytes(token);
            Sha256 hash = Sha256.hash(token);
            String name = "bench-" + hash.toString().substring(0, 8);
            String code = ok(metadata.accounts().create(name, 0)).code();
            var device =
                    ok(
                            metadata.accounts()
                                    .register(new DeviceRegistration(code, hash, "pc", "linux")));
            caller = new Caller(hash);
            ns = device.namespaces().getFirst().namespace();
        }

        List<Sending> declared(List<Sending> sendings) {
            UploadId upload = UploadId.random(random);
            ok(metadata.uploads().begin(caller, new UploadStart(upload, ns, 0)));
            for (int from = 0; from < sendings.size(); from += CONTENT_CHUNKS) {
                List<Sending> part =
                        sendings.subList(from, Math.min(sendings.size(), from + CONTENT_CHUNKS));
                List<ChunkRef> list =
                        part.stream().map(s -> new ChunkRef(s.hash(), CHUNK_BYTES)).toList();
                ContentPart declared = new ContentPart(part.getFirst().content(), 0, true, list);
                ok(metadata.uploads().declare(caller, upload, new Declaration(List.of(declared))));
            }
            return sendings;
        }

        private <T> T ok(Answer<T> answer) {
            return switch (answer) {
                case Answer.Ok<T>(var value) -> value;
                case Answer.Refused<T>(var refusal) ->
                        throw new IllegalStateException("refused: " + refusal);
            };
        }
    }
}
