package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.ChunkRecords.Content;
import dev.holdfast.metadata.schema.ChunkRecords.Owner;
import dev.holdfast.metadata.schema.ChunkRecords.OwnerState;
import dev.holdfast.model.Answer;
import dev.holdfast.model.ContentHash;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Limits;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.DeclarationResult;
import dev.holdfast.model.wire.DeclarationResult.PartResult;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Declaring contents (T3).
 *
 * <p>Short contents come many to a transaction. A part of a long one takes several: the first
 * writes the list, the following ones name its chunks (a {@link
 * dev.holdfast.metadata.schema.ChunkRecords.Named} row each, by which T2 knows that the content
 * wants the chunk) and pin what is there, and after the last part the whole list is hashed. {@code
 * Owner.named_chunks} says how far that got, so a declaration that was cut short continues when it
 * is repeated, and T4 accepts nothing that was not finished.
 */
final class Declarations {
    /** Chunks and contents one transaction takes; about 2 kB each. */
    private static final int WEIGHT_MAX = 300;

    private static final int SLICE_CHUNKS = 200;

    /** Parts hashed in one read transaction. */
    private static final int PARTS_PER_READ = 16;

    private final RecordDatabase database;
    private final RecordUploads uploads;
    private final MetadataConfig config;

    Declarations(RecordDatabase database, RecordUploads uploads, MetadataConfig config) {
        this.database = database;
        this.uploads = uploads;
        this.config = config;
    }

    Answer<DeclarationResult> declare(Caller caller, UploadId upload, List<ContentPart> parts) {
        List<PartResult> results = new ArrayList<>();
        for (int from = 0; from < parts.size(); ) {
            int end = from;
            int weight = 0;
            while (end < parts.size() && isShort(parts.get(end))) {
                weight += 1 + parts.get(end).chunks().size();
                if (weight > WEIGHT_MAX && end > from) {
                    break;
                }
                end++;
            }
            List<ContentPart> group = parts.subList(from, Math.max(end, from + 1));
            Answer<List<PartResult>> step =
                    end > from
                            ? shortContents(caller, upload, group)
                            : longPart(caller, upload, group.getFirst());
            switch (step) {
                case Answer.Refused<List<PartResult>>(var refusal) -> {
                    return Answer.refused(refusal);
                }
                case Answer.Ok<List<PartResult>>(var answers) -> results.addAll(answers);
            }
            from += group.size();
        }
        return Answer.ok(new DeclarationResult(results));
    }

    private static boolean isShort(ContentPart part) {
        return part.part() == 0 && part.last() && part.chunks().size() <= ChunkLists.INLINE_MAX;
    }

    private static long length(List<ChunkRef> chunks) {
        return chunks.stream().mapToLong(ChunkRef::length).sum();
    }

    private Answer<List<PartResult>> shortContents(
            Caller caller, UploadId upload, List<ContentPart> group) {
        return database.write(transaction ->
                switch (uploads.use(transaction, caller, upload)) {
                    case Answer.Refused<RecordUploads.Open>(var refusal) -> Answer.refused(refusal);
                    case Answer.Ok<RecordUploads.Open>(var open) ->
                            shortContents(transaction, open, group);
                });
    }

    private Answer<List<PartResult>> shortContents(
            RecordTransaction transaction, RecordUploads.Open open, List<ContentPart> group) {
        List<CompletableFuture<Optional<Owner>>> loads =
                group.stream().map(p -> Owners.load(transaction, Bytes.of(p.content()))).toList();
        Pinning pinning = new Pinning(transaction, open.grant(), config);
        List<Pinning.Wanted> wanted = new ArrayList<>();
        List<Owner> fresh = new ArrayList<>();
        HashSet<ContentId> met = new HashSet<>();
        for (int i = 0; i < group.size(); i++) {
            ContentPart part = group.get(i);
            Optional<Owner> found = transaction.join(loads.get(i));
            if (!met.add(part.content())) {
                return Answer.refused(
                        ProblemCode.INVALID, "a declaration names each part of a content once");
            }
            if (found.isPresent()) {
                Answer<Boolean> known = sameShort(found.get(), open, part);
                if (known instanceof Answer.Refused<Boolean>(var refusal)) {
                    return Answer.refused(refusal);
                }
            } else {
                fresh.add(newShort(open, part));
            }
            boolean committed = found.isPresent() && found.get().getState() == OwnerState.COMMITTED;
            wanted.add(
                    pinning.want(
                            Bytes.of(part.content()),
                            committed ? List.of() : part.chunks(),
                            found.isPresent()));
        }
        long bytes = fresh.stream().mapToLong(Owner::getLength).sum();
        Reservations.Held held = Reservations.held(transaction, open.upload());
        if (Quotas.exceeded(transaction, open.namespace(), bytes - held.covers(bytes))) {
            return RecordUploads.quotaExceeded();
        }
        List<CompletableFuture<?>> writes = new ArrayList<>();
        writes.add(held.take(transaction, bytes));
        fresh.forEach(owner -> writes.add(transaction.save(Schema.Type.OWNER, owner)));
        List<PartResult> results = new ArrayList<>();
        List<List<Integer>> missing = pinning.pin(wanted, writes);
        for (int i = 0; i < group.size(); i++) {
            results.add(new PartResult(group.get(i).content(), 0, missing.get(i)));
        }
        transaction.joinAll(writes);
        return Answer.ok(results);
    }

    private static Owner newShort(RecordUploads.Open open, ContentPart part) {
        HashSet<Sha256> distinct = new HashSet<>();
        part.chunks().forEach(chunk -> distinct.add(chunk.hash()));
        long length = length(part.chunks());
        return newOwner(open, part.content())
                .setParts(1)
                .setComplete(true)
                .setLength(length)
                .setChargedBytes(length)
                .setChunkCount(part.chunks().size())
                .setDistinctChunks(distinct.size())
                .setContentHash(Bytes.of(ContentHash.of(part.chunks())))
                .setInlineChunks(ChunkLists.pack(part.chunks()))
                .build();
    }

    private static Owner.Builder newOwner(RecordUploads.Open open, ContentId content) {
        return Owner.newBuilder()
                .setOwner(Bytes.of(content))
                .setState(OwnerState.OPEN)
                .setNs(open.namespace().getNs())
                .setAccount(open.grant().identity().account().getAccount())
                .setDevice(open.grant().device())
                .addOpenUpload(open.upload().getUpload());
    }

    private static Answer<Boolean> sameShort(
            Owner owner, RecordUploads.Open open, ContentPart part) {
        Answer<Boolean> mine = mine(owner, open);
        return mine instanceof Answer.Ok<Boolean>
                        && !(owner.hasInlineChunks()
                                && owner.getInlineChunks().equals(ChunkLists.pack(part.chunks())))
                ? reused()
                : mine;
    }

    /** Whether an existing content may be declared again by this caller under this upload. */
    private static Answer<Boolean> mine(Owner owner, RecordUploads.Open open) {
        if (owner.getState() == OwnerState.DOOMED) {
            return RecordUploads.expired();
        }
        boolean same =
                owner.getDevice().equals(open.grant().device())
                        && owner.getNs().equals(open.namespace().getNs())
                        && (owner.getState() == OwnerState.COMMITTED
                                || owner.getOpenUploadList().contains(open.upload().getUpload()));
        return same && !Reservations.is(owner) ? Answer.ok(true) : reused();
    }

    private static <T> Answer<T> reused() {
        return Answer.refused(
                ProblemCode.ID_REUSED,
                "the content id was declared with another list; choose another one");
    }

    private Answer<List<PartResult>> longPart(Caller caller, UploadId upload, ContentPart part) {
        Answer<Owner> begun =
                database.write(transaction ->
                        switch (uploads.use(transaction, caller, upload)) {
                            case Answer.Refused<RecordUploads.Open>(var refusal) ->
                                    Answer.refused(refusal);
                            case Answer.Ok<RecordUploads.Open>(var open) ->
                                    beginPart(transaction, open, part);
                        });
        if (begun instanceof Answer.Refused<Owner>(var refusal)) {
            return Answer.refused(refusal);
        }
        List<Integer> missing = new ArrayList<>();
        for (int from = 0; from < part.chunks().size(); from += SLICE_CHUNKS) {
            int start = from;
            Answer<List<Integer>> slice =
                    database.write(transaction ->
                            switch (uploads.use(transaction, caller, upload)) {
                                case Answer.Refused<RecordUploads.Open>(var refusal) ->
                                        Answer.refused(refusal);
                                case Answer.Ok<RecordUploads.Open>(var open) ->
                                        slice(transaction, open, part, start);
                            });
            switch (slice) {
                case Answer.Refused<List<Integer>>(var refusal) -> {
                    return Answer.refused(refusal);
                }
                case Answer.Ok<List<Integer>>(var positions) -> missing.addAll(positions);
            }
        }
        if (part.last()) {
            complete(Bytes.of(part.content()));
        }
        return Answer.ok(List.of(new PartResult(part.content(), part.part(), missing)));
    }

    /** Writes the list of a part, or checks that it is the one that was written before. */
    private Answer<Owner> beginPart(
            RecordTransaction transaction, RecordUploads.Open open, ContentPart part) {
        ByteString id = Bytes.of(part.content());
        @Nullable Owner owner = transaction.join(Owners.load(transaction, id)).orElse(null);
        int parts = owner == null ? 0 : owner.getParts();
        if (owner != null) {
            if (mine(owner, open) instanceof Answer.Refused<Boolean>(var refusal)) {
                return Answer.refused(refusal);
            }
            if (part.part() < parts) {
                boolean same =
                        transaction
                                .get(Content.class, Schema.Type.CONTENT, id, part.part())
                                .filter(c -> c.getLast() == part.last())
                                .filter(c -> c.getChunks().equals(ChunkLists.pack(part.chunks())))
                                .isPresent();
                return same ? Answer.ok(owner) : reused();
            }
        }
        int before = part.part() * Limits.PART_CHUNKS_MAX;
        boolean inOrder =
                part.part() == parts
                        && (owner == null
                                || (!owner.getComplete() && owner.getNamedChunks() == before));
        if (!inOrder) {
            return Answer.refused(
                    ProblemCode.INVALID,
                    "parts are declared in order; the next one of this content is " + parts);
        }
        long length = length(part.chunks());
        Owner.Builder grown = owner == null ? newOwner(open, part.content()) : owner.toBuilder();
        if (grown.getLength() + length > Limits.FILE_BYTES_MAX
                || before + part.chunks().size() > Limits.CONTENT_CHUNKS_MAX) {
            return Answer.refused(
                    ProblemCode.TOO_LARGE,
                    "a file holds at most " + Limits.FILE_BYTES_MAX + " bytes");
        }
        Reservations.Held held = Reservations.held(transaction, open.upload());
        if (Quotas.exceeded(transaction, open.namespace(), length - held.covers(length))) {
            return RecordUploads.quotaExceeded();
        }
        grown.setParts(parts + 1)
                .setLength(grown.getLength() + length)
                .setChargedBytes(grown.getLength())
                .setChunkCount(before + part.chunks().size());
        Owner saved = grown.build();
        transaction.joinAll(
                List.of(
                        held.take(transaction, length),
                        transaction.save(Schema.Type.OWNER, saved),
                        transaction.save(
                                Schema.Type.CONTENT,
                                Content.newBuilder()
                                        .setOwner(id)
                                        .setPart(part.part())
                                        .setLast(part.last())
                                        .setChunks(ChunkLists.pack(part.chunks()))
                                        .build())));
        return Answer.ok(saved);
    }

    /** Names and pins some chunks of a part; answers the positions that are missing. */
    private Answer<List<Integer>> slice(
            RecordTransaction transaction, RecordUploads.Open open, ContentPart part, int from) {
        ByteString id = Bytes.of(part.content());
        Optional<Owner> found = transaction.join(Owners.load(transaction, id));
        if (found.isEmpty() || found.get().getState() == OwnerState.DOOMED) {
            return RecordUploads.expired();
        }
        Owner owner = found.get();
        if (owner.getState() == OwnerState.COMMITTED) {
            return Answer.ok(List.of());
        }
        int end = Math.min(part.chunks().size(), from + SLICE_CHUNKS);
        List<ChunkRef> chunks = part.chunks().subList(from, end);
        List<CompletableFuture<?>> writes = new ArrayList<>();
        int named = part.part() * Limits.PART_CHUNKS_MAX + end;
        if (owner.getNamedChunks() < named) {
            writes.addAll(Pinning.name(transaction, id, chunks));
            writes.add(
                    transaction.save(
                            Schema.Type.OWNER, owner.toBuilder().setNamedChunks(named).build()));
        }
        Pinning pinning = new Pinning(transaction, open.grant(), config);
        List<Integer> missing =
                pinning.pin(List.of(pinning.want(id, chunks, true)), writes).getFirst();
        transaction.joinAll(writes);
        return Answer.ok(missing.stream().map(position -> position + from).toList());
    }

    /**
     * Hashes the whole list, part by part: parts never change once they are declared, so that
     * reading them in several transactions gives the same as reading them in one.
     */
    private void complete(ByteString id) {
        Optional<Owner> owner = database.read(t -> t.join(Owners.load(t, id)));
        if (owner.isEmpty() || owner.get().getComplete()) {
            return;
        }
        ContentHash hash = new ContentHash();
        int parts = owner.get().getParts();
        for (int from = 0; from < parts; from += PARTS_PER_READ) {
            int start = from;
            int limit = Math.min(PARTS_PER_READ, parts - from) * Limits.PART_CHUNKS_MAX;
            List<ChunkRef> chunks =
                    database.read(t ->
                            Owners.chunks(t, owner.get(), start * Limits.PART_CHUNKS_MAX, limit));
            chunks.forEach(hash::add);
        }
        ByteString digest = Bytes.of(hash.finish());
        database.write(transaction -> {
            Optional<Owner> now = transaction.join(Owners.load(transaction, id));
            if (now.isEmpty() || now.get().getState() != OwnerState.OPEN) {
                return false;
            }
            long distinct =
                    transaction.join(
                            transaction.sum(Schema.Type.NAMED, Schema.NAMED_COUNT, false, id));
            transaction.join(
                    transaction.save(
                            Schema.Type.OWNER,
                            now.get().toBuilder()
                                    .setComplete(true)
                                    .setContentHash(digest)
                                    .setDistinctChunks(Math.toIntExact(distinct))
                                    .build()));
            return true;
        });
    }
}
