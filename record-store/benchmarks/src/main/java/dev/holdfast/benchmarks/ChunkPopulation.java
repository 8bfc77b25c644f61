package dev.holdfast.benchmarks;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.chunkstore.Packs;
import dev.holdfast.metadata.Caller;
import dev.holdfast.metadata.MetadataStore;
import dev.holdfast.metadata.PackFencedException;
import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.metadata.PlacedChunk;
import dev.holdfast.model.Answer;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeviceRegistration;
import dev.holdfast.model.wire.UploadStart;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Rows of chunks that are alive, and of some that are garbage. The first thousand are uploaded; the
 * others are copies of their rows (chunk, reference and index entries) under other hashes, written
 * at once, because a million uploads take minutes.
 */
final class ChunkPopulation {
    private static final int CHUNK_BYTES = 64 << 10;
    private static final int CONTENT_CHUNKS = 50;
    private static final int TEMPLATES = 1_000;

    /** The packs hold a little more than that. */
    static final int PACK_BYTES_MIN = CONTENT_CHUNKS * CHUNK_BYTES;

    private static final int COPIES_A_TRANSACTION = 400;
    private static final byte[] ALL_ROWS = Tuple.from("holdfast").pack();

    private final SplittableRandom random = new SplittableRandom(11);
    private final MetadataStore metadata;
    private final Caller caller;
    private final NamespaceId ns;
    private final Map<PackId, List<Packs.Entry>> files = new ConcurrentHashMap<>();
    private final Set<Sha256> templates = new HashSet<>();
    private int live;

    ChunkPopulation(MetadataStore metadata) {
        this.metadata = metadata;
        Sha256 token = hash();
        String code = ok(metadata.accounts().create("population", 0)).code();
        caller = new Caller(token);
        ns =
                ok(metadata.accounts()
                                .register(new DeviceRegistration(code, token, "bench", "bench")))
                        .namespaces()
                        .getFirst()
                        .namespace();
        templates.addAll(upload(TEMPLATES).hashes());
        live = TEMPLATES;
    }

    private static <T> T ok(Answer<T> answer) {
        return switch (answer) {
            case Answer.Ok<T>(var value) -> value;
            case Answer.Refused<T>(var refusal) ->
                    throw new IllegalStateException(refusal.toString());
        };
    }

    private Sha256 hash() {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return Sha256.of(bytes);
    }

    private record Uploaded(UploadId upload, List<Sha256> hashes) {}

    private Uploaded upload(int chunks) {
        UploadId upload = UploadId.random(random);
        ok(metadata.uploads().begin(caller, new UploadStart(upload, ns, 0)));
        List<Sha256> all = new ArrayList<>();
        while (all.size() < chunks) {
            ContentId content = ContentId.random(random);
            List<ChunkRef> list = new ArrayList<>();
            for (int i = 0; i < Math.min(CONTENT_CHUNKS, chunks - all.size()); i++) {
                list.add(new ChunkRef(hash(), CHUNK_BYTES));
            }
            ok(
                    metadata.uploads()
                            .declare(
                                    caller,
                                    upload,
                                    new Declaration(
                                            List.of(new ContentPart(content, 0, true, list)))));
            place(content, list);
            list.forEach(chunk -> all.add(chunk.hash()));
        }
        return new Uploaded(upload, all);
    }

    private void place(ContentId content, List<ChunkRef> list) {
        PackWriterLease pack = metadata.chunks().beginPack();
        long offset = 64;
        List<PlacedChunk> placed = new ArrayList<>();
        List<Packs.Entry> entries = new ArrayList<>();
        for (ChunkRef chunk : list) {
            placed.add(new PlacedChunk(content, chunk.hash(), offset, CHUNK_BYTES, CHUNK_BYTES, 0));
            entries.add(new Packs.Entry(chunk.hash(), offset, CHUNK_BYTES, CHUNK_BYTES, 0));
            offset += 64 + CHUNK_BYTES;
        }
        try {
            Objects.requireNonNull(metadata.chunks().place(pack, placed));
            metadata.chunks().sealPack(pack, offset);
        } catch (PackFencedException e) {
            throw new IllegalStateException("nobody else seals this pack", e);
        }
        files.put(pack.pack(), entries);
    }

    /** Chunks that nothing needs, in packs of their own. */
    void garbage(int chunks) {
        ok(metadata.uploads().abandon(caller, upload(chunks).upload()));
    }

    /** A row of a template: its key's elements, and where its chunk's hash is in key and value. */
    private static final class Template {
        private final List<Object> key;
        private final int element;
        private final byte[] value;
        private final int at;

        Template(List<Object> key, int element, byte[] value, int at) {
            this.key = key;
            this.element = element;
            this.value = value;
            this.at = at;
        }

        void write(Transaction transaction, byte[] hash) {
            List<Object> newKey = new ArrayList<>(key);
            newKey.set(element, hash);
            byte[] newValue = value.clone();
            if (at >= 0) {
                System.arraycopy(hash, 0, newValue, at, hash.length);
            }
            transaction.set(Tuple.fromList(newKey).pack(), newValue);
        }
    }

    /** Grows what is alive to so many chunks. */
    void grow(Database engine, int chunks) {
        List<List<Template>> rows = new ArrayList<>(templates(engine).values());
        while (live < chunks) {
            int some = Math.min(COPIES_A_TRANSACTION, chunks - live);
            engine.run(transaction -> {
                for (int i = 0; i < some; i++) {
                    byte[] hash = hash().toBytes();
                    rows.get(random.nextInt(rows.size()))
                            .forEach(row -> row.write(transaction, hash));
                }
                return true;
            });
            live += some;
        }
    }

    private Map<Sha256, List<Template>> templates(Database engine) {
        Map<Sha256, List<Template>> rows = new ConcurrentHashMap<>();
        byte[] from = ALL_ROWS;
        while (true) {
            byte[] begin = from;
            List<KeyValue> page =
                    engine.read(transaction ->
                            transaction
                                    .getRange(begin, Tuple.from("holdfast", 3).pack(), 5_000)
                                    .asList()
                                    .join());
            if (page.isEmpty() || rows.size() >= 2 * TEMPLATES) {
                return rows;
            }
            page.forEach(row -> template(row, rows));
            byte[] last = page.getLast().getKey();
            from = Arrays.copyOf(last, last.length + 1);
        }
    }

    private void template(KeyValue row, Map<Sha256, List<Template>> rows) {
        List<Object> key = Tuple.fromBytes(row.getKey()).getItems();
        for (int i = 0; i < key.size(); i++) {
            if (key.get(i) instanceof byte[] bytes && bytes.length == 32) {
                Sha256 hash = Sha256.of(bytes);
                if (templates.contains(hash)) {
                    rows.computeIfAbsent(hash, any -> new ArrayList<>())
                            .add(new Template(key, i, row.getValue(), at(row.getValue(), bytes)));
                    return;
                }
            }
        }
    }

    private static int at(byte[] value, byte[] hash) {
        for (int i = 0; i + hash.length <= value.length; i++) {
            if (Arrays.equals(value, i, i + hash.length, hash, 0, hash.length)) {
                return i;
            }
        }
        return -1;
    }

    /** Files that are only named: what is looked into is known, and what is deleted forgotten. */
    Packs packs() {
        return new Packs() {
            @Override
            public List<Entry> entries(PackId pack) throws IOException {
                List<Entry> entries = files.get(pack);
                if (entries == null) {
                    throw new FileNotFoundException("no file of pack " + pack);
                }
                return entries;
            }

            @Override
            public Copy begin(PackWriterLease pack) throws IOException {
                throw new IOException("nothing is rewritten here");
            }

            @Override
            public boolean delete(PackId pack) {
                return files.remove(pack) != null;
            }

            @Override
            public void close() {}
        };
    }
}
