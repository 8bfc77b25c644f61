package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;

import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import dev.holdfast.embeddedfdb.EmbeddedDatabase;
import dev.holdfast.embeddedfdb.EmbeddedFdbDatabaseFactory;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import dev.holdfast.metadata.Caller;
import dev.holdfast.metadata.MetadataConfig;
import dev.holdfast.metadata.MetadataStore;
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
import dev.holdfast.model.wire.DeviceRegistration;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResult;
import dev.holdfast.model.wire.UploadStart;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Whether another account has stored the same bytes shows nowhere: the same answers, the same calls
 * in the same order on the files and the rows, the same number of syncs and bytes. What is stored
 * by the account itself does show, and has to: it is not sent again.
 */
final class SameAnswerTest {
    private static final int CHUNK_BYTES = 50_000;

    private final SplittableRandom random = new SplittableRandom(97);
    private final Chunks chunks = Chunks.of(97);
    private final EmbeddedDatabase engine = EmbeddedFoundationDb.inMemory();
    private final FDBDatabase database = new EmbeddedFdbDatabaseFactory(engine).getDatabase();
    private final MetadataStore metadata =
            MetadataStore.open(database, MetadataConfig.defaults(true));
    private final List<String> calls = Collections.synchronizedList(new ArrayList<>());
    private final FaultyFiles files = new FaultyFiles(call -> null, pack -> 1);
    private final Account ada = new Account("ada", 1);
    private final Account bob = new Account("bob", 2);
    private ChunkStore store = open();

    private ChunkStore open() {
        return ChunkStore.over(
                Steps.files(files, calls::add),
                Steps.rows(metadata.chunks(), calls::add),
                ChunkStoreConfig.forEmbedded(1).withOpenPacks(1),
                Clock.systemUTC());
    }

    @BeforeEach
    void beginAPack() throws Exception {
        // From here on every upload finds an open pack.
        ada.store(chunks.incompressible(100));
    }

    @AfterEach
    void close() {
        store.close();
        metadata.close();
        database.close();
        engine.close();
    }

    private static <T> T ok(Answer<T> answer) {
        return switch (answer) {
            case Answer.Ok<T>(var value) -> value;
            case Answer.Refused<T>(var refusal) -> throw new AssertionError("refused: " + refusal);
        };
    }

    /** Everything the account sees of an upload, and everything the storage sees. */
    private record Observed(
            List<Integer> missing,
            boolean acknowledged,
            boolean committed,
            List<Integer> missingAgain,
            List<String> calls,
            long recordsWritten,
            long groups,
            long storedBytesWritten) {}

    private final class Account {
        private final Caller caller;
        private final NamespaceId ns;
        private long sequence;

        Account(String name, int token) {
            Sha256 hash = Sha256.hash(new byte[] {(byte) token});
            String code = ok(metadata.accounts().create(name, 0)).code();
            ns =
                    ok(metadata.accounts()
                                    .register(new DeviceRegistration(code, hash, "pc", "linux")))
                            .namespaces()
                            .getFirst()
                            .namespace();
            caller = new Caller(hash);
        }

        private List<Integer> declare(UploadId upload, ContentId content, byte[] bytes) {
            ChunkRef chunk = new ChunkRef(Sha256.hash(bytes), bytes.length);
            return ok(metadata.uploads()
                            .declare(
                                    caller,
                                    upload,
                                    new Declaration(
                                            List.of(
                                                    new ContentPart(
                                                            content, 0, true, List.of(chunk))))))
                    .contents()
                    .getFirst()
                    .missing();
        }

        Observed store(byte[] bytes) throws Exception {
            calls.clear();
            ChunkStoreStats before = store.stats();
            UploadId upload = UploadId.random(random);
            ok(metadata.uploads().begin(caller, new UploadStart(upload, ns, 0)));
            ContentId content = ContentId.random(random);
            List<Integer> missing = declare(upload, content, bytes);
            boolean acknowledged = missing.isEmpty();
            if (!acknowledged) {
                // As the gateway answers: stored is stored, whoever was first.
                Placement placement =
                        store.append(content, Sha256.hash(bytes), bytes).get(20, TimeUnit.SECONDS);
                acknowledged = placement != Placement.CONTENT_NOT_OPEN;
            }
            List<Integer> missingAgain = declare(upload, content, bytes);
            OpResult result = create(content);
            ChunkStoreStats after = store.stats();
            return new Observed(
                    missing,
                    acknowledged,
                    result.done(),
                    missingAgain,
                    List.copyOf(calls),
                    after.recordsWritten() - before.recordsWritten(),
                    after.groups() - before.groups(),
                    after.storedBytesWritten() - before.storedBytesWritten());
        }

        private OpResult create(ContentId content) {
            return ok(metadata.nodes()
                            .apply(
                                    caller,
                                    ns,
                                    new OpBatch(
                                            0,
                                            List.of(
                                                    new Op.CreateFile(
                                                            ++sequence,
                                                            NodeId.random(random),
                                                            NodeId.rootOf(ns),
                                                            "f" + content,
                                                            content,
                                                            1,
                                                            false,
                                                            OnConflict.REJECT)))))
                    .results()
                    .getFirst();
        }
    }

    /** Mutated once: with a hit on any account's reference the two differed. */
    @Test
    void bytesOfAnotherAccountAreTreatedAsNewOnes() throws Exception {
        byte[] secret = chunks.incompressible(CHUNK_BYTES);
        ada.store(secret);
        Observed known = bob.store(secret);
        Observed unknown = bob.store(chunks.incompressible(CHUNK_BYTES));
        assertThat(known).isEqualTo(unknown);
        assertThat(known.missing()).containsExactly(0);
        assertThat(known.committed()).isTrue();
        assertThat(known.calls()).contains("sync", "place");
        assertThat(known.recordsWritten()).isEqualTo(1);
    }

    @Test
    void bytesOfItsOwnAreNotAskedForAgain() throws Exception {
        byte[] own = chunks.incompressible(CHUNK_BYTES);
        bob.store(own);
        Observed again = bob.store(own);
        assertThat(again.missing()).isEmpty();
        assertThat(again.committed()).isTrue();
        assertThat(again.recordsWritten()).isZero();
    }

    /** Refusals too: a chunk on its way for somebody else makes no room for its own kind. */
    @Test
    void aFullBudgetRefusesKnownAndUnknownAlike() throws Exception {
        store.close();
        CountDownLatch stuck = new CountDownLatch(1);
        ChunkStoreConfig tight =
                ChunkStoreConfig.forEmbedded(1)
                        .withOpenPacks(1)
                        .withBytesInFlightMax(8L << 20)
                        .withAppendWaitMax(Duration.ofMillis(30));
        store =
                ChunkStore.over(
                        Steps.files(
                                files,
                                step -> {
                                    if (step.equals("sync")) {
                                        awaitQuietly(stuck);
                                    }
                                }),
                        metadata.chunks(),
                        tight,
                        Clock.systemUTC());
        try {
            byte[] theirs = chunks.incompressible(4 << 20);
            assertThat(refused(theirs)).isEqualTo("taken");
            byte[] more = chunks.incompressible(4 << 20);
            assertThat(refused(more)).isEqualTo("taken");
            assertThat(refused(theirs))
                    .startsWith("too many chunks")
                    .isEqualTo(refused(chunks.incompressible(4 << 20)));
        } finally {
            stuck.countDown();
        }
    }

    private String refused(byte[] bytes) {
        try {
            boolean answered =
                    store.append(ContentId.random(random), Sha256.hash(bytes), bytes).isDone();
            return answered ? "answered" : "taken";
        } catch (StorageUnavailableException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
