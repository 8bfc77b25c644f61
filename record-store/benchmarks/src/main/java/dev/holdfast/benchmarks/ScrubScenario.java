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
import dev.holdfast.metadata.jobs.BackgroundJobs;
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
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/**
 * The scrub against the two things that bound it, in one run: reading the same bytes from HDFS
 * without looking at them, and hashing them without reading. And what users notice of it.
 *
 * <p>{@code -Dholdfast.bench.mebibytes} says how much is stored (512).
 */
public final class ScrubScenario implements Scenario {
    private static final int MIB = 1 << 20;
    private static final int MEBIBYTES = Integer.getInteger("holdfast.bench.mebibytes", 512);
    private static final int CONTENT_CHUNKS = 64;
    private static final int READS = 300;

    private final SplittableRandom random = new SplittableRandom(1);
    private final List<byte[]> chunks = new ArrayList<>();
    private final Map<String, String> figures = new LinkedHashMap<>();

    @Override
    public String name() {
        return "scrub";
    }

    @Override
    public String description() {
        return "scrub against bare HDFS reads and bare SHA-256, and reads of users meanwhile";
    }

    @Override
    public Map<String, String> run(Path scratch) throws Exception {
        for (int index = 0; index < MEBIBYTES; index++) {
            byte[] chunk = new byte[MIB];
            random.nextBytes(chunk);
            chunks.add(chunk);
        }
        double hash = hashed();
        try (EmbeddedHdfs hdfs = EmbeddedHdfs.start(scratch.resolve("hdfs"), 1, 1);
                BareHdfs bare = new BareHdfs(hdfs)) {
            bare.put(chunks, MEBIBYTES);
            bare.read(MEBIBYTES, false);
            double read = bare.read(MEBIBYTES, false);
            bare.clear();
            scrub(hdfs, scratch.resolve("metadata"), read, hash);
        }
        return figures;
    }

    private double hashed() {
        double best = 0;
        for (int round = 0; round < 3; round++) {
            long start = System.nanoTime();
            chunks.forEach(Sha256::hash);
            best = Math.max(best, BareHdfs.megabytesPerSecond((long) MEBIBYTES * MIB, start));
        }
        return best;
    }

    private void scrub(EmbeddedHdfs hdfs, Path data, double read, double hash) throws Exception {
        try (EmbeddedDatabase engine = EmbeddedFoundationDb.open(data)) {
            FDBDatabase database = new EmbeddedFdbDatabaseFactory(engine).getDatabase();
            try (MetadataStore metadata =
                    MetadataStore.open(database, MetadataConfig.defaults(true))) {
                scrub(hdfs, database, metadata, read, hash);
            } finally {
                database.close();
            }
        }
    }

    private void scrub(
            EmbeddedHdfs hdfs,
            FDBDatabase database,
            MetadataStore metadata,
            double read,
            double hash)
            throws InterruptedException {
        ChunkStoreConfig config = ChunkStoreConfig.forEmbedded(1);
        try (ChunkStore store = open(hdfs, metadata, config)) {
            upload(metadata, store);
        }
        CollectionStore rows = CollectionStore.open(database, MetadataConfig.defaults(false));
        RepairStore repair = RepairStore.open(database, MetadataConfig.defaults(false));
        try (ChunkStore store = open(hdfs, metadata, config);
                HdfsPackReplicas replicas =
                        HdfsPackReplicas.open(hdfs.uri(), hdfs.configuration(), config);
                RepairWorker worker =
                        new RepairWorker(
                                new RepairTools(
                                        rows,
                                        repair,
                                        metadata.chunks(),
                                        replicas,
                                        InstantSource.system(),
                                        RepairConfig.defaults(config.packBytesMax())),
                                "bench",
                                () -> store.stats().bytesRead())) {
            measure(metadata, rows.jobs(), store, worker, read, hash);
        }
    }

    private static ChunkStore open(
            EmbeddedHdfs hdfs, MetadataStore metadata, ChunkStoreConfig config) {
        return ChunkStore.open(hdfs.uri(), hdfs.configuration(), metadata.chunks(), config);
    }

    private void upload(MetadataStore metadata, ChunkStore store) {
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
        for (int from = 0; from < chunks.size(); from += CONTENT_CHUNKS) {
            ContentId content = ContentId.random(random);
            List<byte[]> some =
                    chunks.subList(from, Math.min(chunks.size(), from + CONTENT_CHUNKS));
            List<ChunkRef> list =
                    some.stream().map(c -> new ChunkRef(Sha256.hash(c), c.length)).toList();
            ok(
                    metadata.uploads()
                            .declare(
                                    caller,
                                    upload,
                                    new Declaration(
                                            List.of(new ContentPart(content, 0, true, list)))));
            List<CompletableFuture<?>> answers = new ArrayList<>();
            for (int i = 0; i < some.size(); i++) {
                answers.add(store.append(content, list.get(i).hash(), some.get(i)));
            }
            answers.forEach(CompletableFuture::join);
        }
    }

    private static <T> T ok(Answer<T> answer) {
        return switch (answer) {
            case Answer.Ok<T>(var value) -> value;
            case Answer.Refused<T>(var refusal) ->
                    throw new IllegalStateException("refused: " + refusal);
        };
    }

    private void measure(
            MetadataStore metadata,
            BackgroundJobs jobs,
            ChunkStore store,
            RepairWorker worker,
            double read,
            double hash)
            throws InterruptedException {
        double best = 0;
        for (int round = 0; round < 3; round++) {
            best = Math.max(best, once(jobs, worker));
        }
        figures.put("bare sequential read", "%.0f MB/s".formatted(read));
        figures.put("bare SHA-256", "%.0f MB/s".formatted(hash));
        figures.put(
                "scrub, the slower of the two",
                ChunkStoreScenario.versus(best, Math.min(read, hash), "MB/s"));
        double alone = p99(metadata, store);
        Thread scrub = Thread.ofPlatform().start(() -> once(jobs, worker));
        double meanwhile = p99(metadata, store);
        scrub.join();
        figures.put("p99 of a user's chunk alone", "%.1f ms".formatted(alone));
        figures.put(
                "p99 of a user's chunk during a scrub",
                String.format(Locale.ROOT, "%.1f ms, ratio %.2f", meanwhile, meanwhile / alone));
    }

    private static double once(BackgroundJobs jobs, RepairWorker worker) {
        long start = System.nanoTime();
        long before = worker.meter().scannedBytes();
        Id128 job =
                ok(jobs.submit(ScrubJob.KIND, new ScrubRequest(false, false, null, false).json()));
        if (!worker.runOne() || jobs.get(job).orElseThrow().findings() > 0) {
            throw new IllegalStateException("the scrub did not find the store whole");
        }
        return BareHdfs.megabytesPerSecond(worker.meter().scannedBytes() - before, start);
    }

    /** Milliseconds in which 99 of 100 chunks are read, in no order. */
    private double p99(MetadataStore metadata, ChunkStore store) {
        List<Double> times = new ArrayList<>();
        for (int i = 0; i < READS; i++) {
            Sha256 hash = Sha256.hash(chunks.get(random.nextInt(chunks.size())));
            ChunkLocation location = metadata.chunks().locate(List.of(hash)).get(hash);
            if (location == null) {
                throw new IllegalStateException("a chunk has no row");
            }
            long start = System.nanoTime();
            store.read(hash, location);
            times.add((System.nanoTime() - start) / 1e6);
        }
        Collections.sort(times);
        return times.get(times.size() * 99 / 100);
    }
}
