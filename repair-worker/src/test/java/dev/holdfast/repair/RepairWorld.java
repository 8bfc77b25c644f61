package dev.holdfast.repair;

import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.subspace.Subspace;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.chunkstore.ChunkStoreConfig;
import dev.holdfast.chunkstore.EmbeddedHdfs;
import dev.holdfast.chunkstore.HdfsPackReplicas;
import dev.holdfast.chunkstore.PackReplicas;
import dev.holdfast.embeddedfdb.EmbeddedDatabase;
import dev.holdfast.embeddedfdb.EmbeddedFdbDatabaseFactory;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import dev.holdfast.metadata.Caller;
import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.ChunkRow;
import dev.holdfast.metadata.CollectionStore;
import dev.holdfast.metadata.MetadataConfig;
import dev.holdfast.metadata.MetadataStore;
import dev.holdfast.metadata.RepairRows.PackRecord;
import dev.holdfast.metadata.RepairStore;
import dev.holdfast.metadata.WorkLease;
import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.metadata.jobs.JobView;
import dev.holdfast.model.Answer;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.PackId;
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
import dev.holdfast.model.wire.WireJson;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A cell in memory over an HDFS with small packs, one account, and a worker that is not started.
 */
final class RepairWorld implements AutoCloseable {
    private static final AtomicInteger roots = new AtomicInteger();

    final EmbeddedHdfs hdfs;
    final ChunkStoreConfig chunkConfig;
    final RandomGenerator random;
    final EmbeddedDatabase engine = EmbeddedFoundationDb.inMemory();
    final FDBDatabase database = new EmbeddedFdbDatabaseFactory(engine).getDatabase();
    final AtomicLong aheadMillis = new AtomicLong();
    final MetadataConfig config;
    final MetadataStore metadata;
    final CollectionStore rows;
    final RepairStore repair;
    final HdfsPackReplicas replicas;
    final Caller caller;
    final NamespaceId ns;
    final Map<Sha256, byte[]> written = new LinkedHashMap<>();
    private final AtomicLong sequence = new AtomicLong();

    RepairWorld(EmbeddedHdfs hdfs, long seed, int replication) {
        this.hdfs = hdfs;
        int root = roots.incrementAndGet();
        this.chunkConfig =
                ChunkStoreConfig.forEmbedded(replication)
                        .withRoot("/repair-" + root)
                        .withOpenPacks(1)
                        .withPackBytesMax(128 << 10);
        // Two worlds on one HDFS must not have packs of the same id.
        random = locked(new SplittableRandom(seed * 1_000 + root));
        config =
                new MetadataConfig(
                        () -> Instant.now().plusMillis(aheadMillis.get()),
                        random,
                        true,
                        Duration.ofMinutes(15),
                        Duration.ofDays(7),
                        Duration.ofDays(30));
        metadata = MetadataStore.open(database, config);
        rows = CollectionStore.open(database, config);
        repair = RepairStore.open(database, config);
        replicas = HdfsPackReplicas.open(hdfs.uri(), hdfs.configuration(), chunkConfig);
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
        replicas.close();
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

    RepairConfig repairConfig() {
        RepairConfig usual = RepairConfig.defaults(chunkConfig.packBytesMax());
        return new RepairConfig(
                usual.cycle(),
                usual.retryAfter(),
                Duration.ofSeconds(2),
                Duration.ofMillis(50),
                1L << 40,
                1,
                usual.runBytesMax(),
                usual.packBytes(),
                usual.packFaultsMax(),
                usual.nodeFaultsMax(),
                usual.nodeWindow(),
                usual.nodeGone(),
                usual.filesListedMax());
    }

    RepairTools tools() {
        return tools(replicas, repairConfig());
    }

    RepairTools tools(PackReplicas seen, RepairConfig with) {
        return new RepairTools(rows, repair, metadata.chunks(), seen, config.clock(), with);
    }

    RepairWorker worker() {
        return new RepairWorker(tools(), "worker-" + sequence.incrementAndGet(), () -> 0);
    }

    ChunkStore openStore() {
        return ChunkStore.open(hdfs.uri(), hdfs.configuration(), metadata.chunks(), chunkConfig);
    }

    byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        new SplittableRandom(random.nextLong()).nextBytes(bytes);
        return bytes;
    }

    /** Uploads chunks and commits them as a file of that name; their packs are sealed. */
    NodeState file(String name, byte[]... chunks) throws Exception {
        try (ChunkStore store = openStore()) {
            return file(store, name, chunks);
        }
    }

    NodeState file(ChunkStore store, String name, byte[]... chunks) throws Exception {
        UploadId upload = UploadId.random(random);
        ok(metadata.uploads().begin(caller, new UploadStart(upload, ns, 0)));
        ContentId content = ContentId.random(random);
        List<ChunkRef> list = new ArrayList<>();
        for (byte[] chunk : chunks) {
            list.add(new ChunkRef(Sha256.hash(chunk), chunk.length));
        }
        List<Integer> missing =
                ok(metadata.uploads()
                                .declare(
                                        caller,
                                        upload,
                                        new Declaration(
                                                List.of(new ContentPart(content, 0, true, list)))))
                        .contents()
                        .getFirst()
                        .missing();
        for (int position : missing) {
            store.append(content, list.get(position).hash(), chunks[position])
                    .get(30, TimeUnit.SECONDS);
        }
        for (byte[] chunk : chunks) {
            written.put(Sha256.hash(chunk), chunk);
        }
        OpResult result =
                ok(metadata.nodes()
                                .apply(
                                        caller,
                                        ns,
                                        new OpBatch(
                                                0,
                                                List.of(
                                                        new Op.CreateFile(
                                                                sequence.incrementAndGet(),
                                                                NodeId.random(random),
                                                                NodeId.rootOf(ns),
                                                                name,
                                                                content,
                                                                1,
                                                                false,
                                                                OnConflict.REJECT)))))
                        .results()
                        .getFirst();
        return Objects.requireNonNull(result.node(), () -> "refused: " + result);
    }

    ChunkRow row(byte[] chunk) {
        return rows.packs().rows(List.of(Sha256.hash(chunk))).getFirst();
    }

    ChunkLocation location(byte[] chunk) {
        return row(chunk).location();
    }

    /** The file of a pack, in HDFS. */
    Path file(PackId pack) {
        String id = pack.toString();
        return new Path(chunkConfig.root() + "/packs/" + id.substring(0, 2) + "/" + id);
    }

    FileSystem files() throws IOException {
        return FileSystem.newInstance(URI.create(hdfs.uri().toString()), hdfs.configuration());
    }

    /** A row that names a place where the chunk is not. */
    void misplace(byte[] chunk, PackId pack, long offset) throws Exception {
        ChunkLocation at = location(chunk);
        WorkLease lease =
                rows.leases().acquire("damage", "test", Duration.ofMinutes(1)).orElseThrow();
        boolean done =
                repair.rows()
                        .correct(
                                lease,
                                Sha256.hash(chunk),
                                at,
                                pack,
                                new PackRecord(
                                        Sha256.hash(chunk),
                                        offset,
                                        at.plainLength(),
                                        at.storedLength(),
                                        at.codec()));
        rows.leases().release(lease);
        if (!done) {
            throw new AssertionError("the row did not change");
        }
    }

    /** A catastrophe: every row of a chunk and of a pack is gone, and with them their indexes. */
    void dropIndex() {
        // The store chunks, its records (1) of the types Chunk (6) and Pack (7), and the indexes
        // by place, by state, and those that count.
        Subspace chunks = new Subspace(Tuple.from("holdfast", 2));
        database.run(context -> {
            Transaction transaction = context.ensureActive();
            transaction.clear(chunks.subspace(Tuple.from(1, 6)).range());
            transaction.clear(chunks.subspace(Tuple.from(1, 7)).range());
            transaction.clear(chunks.subspace(Tuple.from(2)).range());
            return true;
        });
    }

    /** What a scrub came to. */
    record Scrubbed(JobView job, ScrubJob.Result result, List<Finding> findings) {
        List<String> causes() {
            return findings.stream().map(Finding::cause).sorted().toList();
        }
    }

    Scrubbed scrub(boolean allReplicas, boolean apply) {
        try (RepairWorker worker = worker()) {
            return scrub(worker, allReplicas, apply);
        }
    }

    Scrubbed scrub(RepairWorker worker, boolean allReplicas, boolean apply) {
        Id128 job =
                ok(
                        rows.jobs()
                                .submit(
                                        ScrubJob.KIND,
                                        new ScrubRequest(allReplicas, apply, null, false).json()));
        if (!worker.runOne()) {
            throw new AssertionError("the worker took no job");
        }
        return scrubbed(job);
    }

    Scrubbed scrubbed(Id128 id) {
        JobView job = rows.jobs().get(id).orElseThrow();
        if (job.state() != BackgroundJobs.State.DONE) {
            throw new AssertionError("the job is " + job);
        }
        return new Scrubbed(
                job, ScrubJob.Result.parse(Objects.requireNonNull(job.result())), findings(id));
    }

    List<Finding> findings(Id128 job) {
        List<Finding> findings = new ArrayList<>();
        try {
            for (BackgroundJobs.Finding finding : rows.jobs().findings(job, 0, 100_000)) {
                findings.add(WireJson.mapper().readValue(finding.text(), Finding.class));
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return findings;
    }

    /** Reads a chunk as users do. */
    byte[] read(ChunkStore store, byte[] chunk) {
        return store.read(Sha256.hash(chunk), location(chunk));
    }
}
