package dev.holdfast.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.record.provider.foundationdb.BlockingInAsyncDetection;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.record.provider.foundationdb.FDBStoreTimer;
import com.google.protobuf.Message;
import dev.holdfast.embeddedfdb.EmbeddedFdbDatabaseFactory;
import dev.holdfast.model.Answer;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Refusal;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeclarationResult;
import dev.holdfast.model.wire.DeviceRegistered;
import dev.holdfast.model.wire.DeviceRegistration;
import dev.holdfast.model.wire.LinkCode;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResult;
import dev.holdfast.model.wire.UploadStart;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A cell with a clock and randomness the test holds; on an engine in memory, or a cluster. */
final class TestCell implements AutoCloseable {
    private static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

    /**
     * Runs once, at the next draw of randomness: transactions draw their ids and generations after
     * they have read and before they commit, so this is a rival that comes in between.
     */
    final AtomicReference<@Nullable Runnable> beforeCommit = new AtomicReference<>();

    /** The same for the clock, which some transactions read last. */
    final AtomicReference<@Nullable Runnable> beforeClock = new AtomicReference<>();

    final AtomicLong nowMillis = new AtomicLong(START.toEpochMilli());
    final FDBStoreTimer timer = new FDBStoreTimer();
    final RandomGenerator random;
    final TestDatabase place;
    final Database engine;
    final FDBDatabase database;
    final MetadataConfig config;
    final RecordDatabase records;
    final MetadataStore store;
    private final AtomicLong nextOffset = new AtomicLong();
    private @Nullable PackWriterLease pack;

    TestCell(long seed) {
        this(seed, TestDatabase.open());
    }

    TestCell(long seed, TestDatabase place) {
        this.place = place;
        this.engine = place.database();
        random = new LockedRandom(new SplittableRandom(seed), beforeCommit);
        EmbeddedFdbDatabaseFactory factory = new EmbeddedFdbDatabaseFactory(engine);
        factory.setBlockingInAsyncDetection(
                BlockingInAsyncDetection.IGNORE_COMPLETE_EXCEPTION_BLOCKING);
        database = factory.getDatabase();
        config =
                new MetadataConfig(
                        this::now,
                        random,
                        true,
                        Duration.ofMinutes(15),
                        Duration.ofDays(7),
                        Duration.ofDays(30));
        records = new RecordDatabase(database, timer, place.root());
        store = MetadataStore.open(records, config);
    }

    private Instant now() {
        Runnable rival = beforeClock.getAndSet(null);
        if (rival != null) {
            rival.run();
        }
        return Instant.ofEpochMilli(nowMillis.get());
    }

    /** The collection's side of the cell. */
    CollectionStore collection() {
        return new CollectionStore(records, config);
    }

    /** Another opening of the same data, as after a restart. */
    MetadataStore reopen() {
        return MetadataStore.open(new RecordDatabase(database, null, place.root()), config);
    }

    void pass(Duration time) {
        nowMillis.addAndGet(time.toMillis());
    }

    @Override
    public void close() {
        store.close();
        place.close();
    }

    static <T> T ok(Answer<T> answer) {
        return switch (answer) {
            case Answer.Ok<T>(var value) -> value;
            case Answer.Refused<T>(var refusal) -> throw new AssertionError("refused: " + refusal);
        };
    }

    static <T> ProblemCode refused(Answer<T> answer) {
        return refusal(answer).code();
    }

    static <T> Refusal refusal(Answer<T> answer) {
        return switch (answer) {
            case Answer.Ok<T>(var value) -> throw new AssertionError("not refused: " + value);
            case Answer.Refused<T>(var refusal) -> refusal;
        };
    }

    /** An account with one device. */
    TestDevice account(String name) {
        return device(ok(store.accounts().create(name, 0)), "laptop");
    }

    TestDevice device(LinkCode code, String name) {
        Sha256 token = randomHash();
        DeviceRegistered registered =
                ok(
                        store.accounts()
                                .register(
                                        new DeviceRegistration(code.code(), token, name, "linux")));
        return new TestDevice(this, registered, new Caller(token));
    }

    Sha256 randomHash() {
        return new Sha256(
                random.nextLong(), random.nextLong(), random.nextLong(), random.nextLong());
    }

    synchronized PackWriterLease pack() {
        if (pack == null) {
            pack = store.chunks().beginPack();
        }
        return pack;
    }

    PlacedChunk placed(ContentId content, ChunkRef chunk) {
        return new PlacedChunk(
                content,
                chunk.hash(),
                nextOffset.getAndAdd(chunk.length() + 64L),
                chunk.length(),
                chunk.length(),
                0);
    }

    /** Rows of a type under a namespace. */
    int rows(Schema.Type type, NamespaceId namespace) {
        return records.read(transaction ->
                transaction
                        .join(
                                transaction.byKey(
                                        Message.class,
                                        type,
                                        RecordTransaction.under(type, Bytes.of(namespace)),
                                        RecordTransaction.forward(10_000)))
                        .size());
    }

    static ChunkRef chunk(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new ChunkRef(Sha256.hash(bytes), bytes.length);
    }

    /** A device and its personal namespace, with the calls tests make most. */
    static final class TestDevice {
        final TestCell cell;
        final DeviceRegistered registered;
        final Caller caller;
        final NamespaceId ns;
        final NodeId root;
        private final AtomicLong sequence = new AtomicLong();
        private @Nullable UploadId upload;

        TestDevice(TestCell cell, DeviceRegistered registered, Caller caller) {
            this(cell, registered, caller, registered.namespaces().getFirst().namespace());
        }

        private TestDevice(
                TestCell cell, DeviceRegistered registered, Caller caller, NamespaceId ns) {
            this.cell = cell;
            this.registered = registered;
            this.caller = caller;
            this.ns = ns;
            this.root = NodeId.rootOf(ns);
        }

        /** The same device in another namespace, with sequences of its own far above. */
        TestDevice at(NamespaceId namespace) {
            TestDevice device = new TestDevice(cell, registered, caller, namespace);
            device.sequence.set(1_000_000);
            return device;
        }

        /** The same device at another cell with the same data. */
        TestDevice in(TestCell other, long sequences) {
            TestDevice device = new TestDevice(other, registered, caller);
            device.sequence.set(sequences);
            return device;
        }

        /** Another device of the same account. */
        TestDevice sibling(String name) {
            return cell.device(ok(cell.store.accounts().newLinkCode(caller)), name);
        }

        long next() {
            return sequence.incrementAndGet();
        }

        NodeId newNode() {
            return NodeId.random(cell.random);
        }

        synchronized UploadId upload() {
            if (upload == null) {
                upload = UploadId.random(cell.random);
                ok(cell.store.uploads().begin(caller, new UploadStart(upload, ns, 0)));
            }
            return upload;
        }

        /** An upload id, begun or not. */
        UploadId upload0() {
            UploadId known = upload;
            return known == null ? UploadId.random(cell.random) : known;
        }

        /** The next content comes under a new upload. */
        synchronized void forgetUpload() {
            upload = null;
        }

        DeclarationResult declare(ContentId content, List<ChunkRef> chunks) {
            return ok(
                    cell.store
                            .uploads()
                            .declare(
                                    caller,
                                    upload(),
                                    new Declaration(
                                            List.of(new ContentPart(content, 0, true, chunks)))));
        }

        /** A content that is declared and sent. */
        ContentId content(String... chunks) {
            ContentId content = ContentId.random(cell.random);
            List<ChunkRef> list = new ArrayList<>();
            for (String chunk : chunks) {
                list.add(chunk(chunk));
            }
            List<PlacedChunk> send = new ArrayList<>();
            for (int position : declare(content, list).contents().getFirst().missing()) {
                send.add(cell.placed(content, list.get(position)));
            }
            if (!send.isEmpty()) {
                assertThat(cell.store.chunks().place(cell.pack(), send))
                        .doesNotContain(Placement.CONTENT_NOT_OPEN);
            }
            return content;
        }

        List<OpResult> apply(Op... ops) {
            return ok(cell.store.nodes().apply(caller, ns, new OpBatch(0, List.of(ops)))).results();
        }

        /** Refusals, or null, of operations decided on what was read up to a cursor. */
        List<@Nullable ProblemCode> codes(String seen, Op... ops) {
            OpBatch batch = new OpBatch(0, seen, List.of(ops));
            List<@Nullable ProblemCode> codes = new ArrayList<>();
            ok(cell.store.nodes().apply(caller, ns, batch))
                    .results()
                    .forEach(result -> codes.add(result.code()));
            return codes;
        }

        OpResult one(Op op) {
            return apply(op).getFirst();
        }

        NodeState done(Op op) {
            OpResult result = one(op);
            assertThat(result.code()).as(String.valueOf(result.detail())).isNull();
            assertThat(result.node()).isNotNull();
            return Objects.requireNonNull(result.node());
        }

        @Nullable ProblemCode code(Op op) {
            return one(op).code();
        }

        NodeState node(NodeId node) {
            return ok(cell.store.nodes().stat(caller, ns, node));
        }

        NodeState folder(NodeId parent, String name) {
            return done(new Op.CreateFolder(next(), newNode(), parent, name));
        }

        NodeState file(NodeId parent, String name, String... chunks) {
            return done(createFile(newNode(), parent, name, content(chunks), OnConflict.REJECT));
        }

        Op.CreateFile createFile(
                NodeId node, NodeId parent, String name, ContentId content, OnConflict conflict) {
            return new Op.CreateFile(next(), node, parent, name, content, 7, false, conflict);
        }

        Op.PutContent put(NodeId node, long base, String... chunks) {
            return new Op.PutContent(
                    next(), node, base, content(chunks), 8, false, OnConflict.REJECT, null);
        }

        Op.Move move(NodeState node, NodeId parent, String name) {
            return new Op.Move(
                    next(),
                    node.node(),
                    Objects.requireNonNull(node.parent()),
                    node.name(),
                    parent,
                    name,
                    OnConflict.REJECT);
        }

        Op.Trash trashFile(NodeState file) {
            return new Op.Trash(next(), file.node(), file.contentRev(), null);
        }

        Op.Trash trashFolder(NodeId folder, String seen) {
            return new Op.Trash(next(), folder, null, seen);
        }

        /** Everything after the cursor, over as many pages as it takes. */
        Read read(@Nullable String cursor, int limit) {
            List<ChangeEntry> entries = new ArrayList<>();
            String at = cursor;
            for (int i = 0; i < 10_000; i++) {
                ChangesPage page = ok(cell.store.feed().changes(caller, ns, at, limit));
                entries.addAll(page.entries());
                at = page.cursor();
                if (!page.hasMore()) {
                    return new Read(entries, at);
                }
            }
            throw new AssertionError("the feed does not end");
        }

        String head() {
            return read(null, 1000).cursor();
        }

        NodeState stat(NodeId node) {
            return ok(cell.store.nodes().stat(caller, ns, node));
        }
    }

    record Read(List<ChangeEntry> entries, String cursor) {}

    /** Several threads of a test draw from one generator. */
    private static final class LockedRandom implements RandomGenerator {
        private final RandomGenerator inner;
        private final ReentrantLock lock = new ReentrantLock();

        private final AtomicReference<@Nullable Runnable> before;

        LockedRandom(RandomGenerator inner, AtomicReference<@Nullable Runnable> before) {
            this.inner = inner;
            this.before = before;
        }

        @Override
        public long nextLong() {
            Runnable rival = before.getAndSet(null);
            if (rival != null) {
                rival.run();
            }
            lock.lock();
            try {
                return inner.nextLong();
            } finally {
                lock.unlock();
            }
        }
    }
}
