package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.RecordTransaction.Stored;
import dev.holdfast.metadata.schema.ChunkRecords.Owner;
import dev.holdfast.metadata.schema.ChunkRecords.OwnerState;
import dev.holdfast.metadata.schema.ChunkRecords.Upload;
import dev.holdfast.metadata.schema.MetadataRecords.Namespace;
import dev.holdfast.metadata.schema.MetadataRecords.Role;
import dev.holdfast.model.Answer;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Done;
import dev.holdfast.model.Limits;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeclarationResult;
import dev.holdfast.model.wire.UploadStart;
import dev.holdfast.model.wire.UploadState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** {@link Uploads} in records. */
final class RecordUploads implements Uploads {
    /** Contents doomed in one transaction. */
    private static final int DOOM_MAX = 200;

    private final RecordDatabase database;
    private final Access access;
    private final MetadataConfig config;
    private final Declarations declarations;

    RecordUploads(RecordDatabase database, Access access, MetadataConfig config) {
        this.database = database;
        this.access = access;
        this.config = config;
        this.declarations = new Declarations(database, this, config);
    }

    /** An upload the caller may use, and who the caller is. */
    record Open(Upload upload, Access.Grant grant) {
        Namespace namespace() {
            return grant.namespace();
        }
    }

    @Override
    public Answer<UploadState> begin(Caller caller, UploadStart start) {
        if (start.declaredBytes() < 0) {
            return Answer.refused(ProblemCode.INVALID, "declared bytes are 0 or more");
        }
        return database.write(transaction ->
                switch (access.enter(transaction, caller, start.namespace(), Role.EDITOR)) {
                    case Answer.Refused<Access.Grant>(var refusal) -> Answer.refused(refusal);
                    case Answer.Ok<Access.Grant>(var grant) -> begin(transaction, grant, start);
                });
    }

    private Answer<UploadState> begin(
            RecordTransaction transaction, Access.Grant grant, UploadStart start) {
        Optional<Upload> found =
                transaction.get(Upload.class, Schema.Type.UPLOAD, Bytes.of(start.upload()));
        ByteString ns = Bytes.of(start.namespace());
        if (found.isPresent()) {
            Upload upload = found.get();
            boolean same =
                    upload.getDevice().equals(grant.device())
                            && upload.getNs().equals(ns)
                            && upload.getDeclaredBytes() == start.declaredBytes();
            return same
                    ? Answer.ok(state(renewed(transaction, upload)))
                    : Answer.refused(
                            ProblemCode.ID_REUSED,
                            "the upload id was used for another upload; choose another one");
        }
        if (Quotas.exceeded(transaction, grant.namespace(), start.declaredBytes())) {
            return quotaExceeded();
        }
        Upload upload =
                Upload.newBuilder()
                        .setUpload(Bytes.of(start.upload()))
                        .setNs(ns)
                        .setAccount(grant.identity().account().getAccount())
                        .setDevice(grant.device())
                        .setDeclaredBytes(start.declaredBytes())
                        .setExpiresAtMillis(
                                config.clock().millis() + config.uploadLease().toMillis())
                        .build();
        List<CompletableFuture<?>> writes = new ArrayList<>();
        writes.add(transaction.save(Schema.Type.UPLOAD, upload));
        Reservations.of(upload)
                .ifPresent(row -> writes.add(transaction.save(Schema.Type.OWNER, row)));
        transaction.joinAll(writes);
        return Answer.ok(state(upload));
    }

    static <T> Answer<T> quotaExceeded() {
        return Answer.refused(
                ProblemCode.QUOTA_EXCEEDED,
                "the quota is used up; purge from the trash or ask the operator for more");
    }

    @Override
    public Answer<UploadState> renew(Caller caller, UploadId upload) {
        return database.write(transaction ->
                switch (open(transaction, caller, upload)) {
                    case Answer.Refused<Open>(var refusal) -> Answer.refused(refusal);
                    case Answer.Ok<Open>(var open) ->
                            Answer.ok(state(renewed(transaction, open.upload())));
                });
    }

    /** The upload, if it lives and is the caller's; its use renews the lease. */
    Answer<Open> use(RecordTransaction transaction, Caller caller, UploadId upload) {
        Answer<Open> answer = open(transaction, caller, upload);
        if (answer instanceof Answer.Ok<Open>(var open)) {
            renewed(transaction, open.upload());
        }
        return answer;
    }

    private Answer<Open> open(RecordTransaction transaction, Caller caller, UploadId upload) {
        Optional<Upload> found =
                transaction.get(Upload.class, Schema.Type.UPLOAD, Bytes.of(upload));
        if (found.isEmpty()) {
            // Who is out is told so, also about an upload that is gone.
            return access.authenticate(transaction, caller)
                            instanceof Answer.Refused<Access.Identity>(var refusal)
                    ? Answer.refused(refusal)
                    : expired();
        }
        return switch (access.enter(
                transaction, caller, Bytes.namespace(found.get().getNs()), Role.EDITOR)) {
            case Answer.Refused<Access.Grant>(var refusal) -> Answer.refused(refusal);
            case Answer.Ok<Access.Grant>(var grant) ->
                    found.get().getDevice().equals(grant.device())
                            ? Answer.ok(new Open(found.get(), grant))
                            : expired();
        };
    }

    static <T> Answer<T> expired() {
        return Answer.refused(
                ProblemCode.UPLOAD_EXPIRED,
                "the upload does not exist or has expired; start another one");
    }

    /** Written only when a seventh of the lease is over: most uses cost no write. */
    private Upload renewed(RecordTransaction transaction, Upload upload) {
        long lease = config.uploadLease().toMillis();
        long until = config.clock().millis() + lease;
        if (until - upload.getExpiresAtMillis() < lease / 7) {
            return upload;
        }
        Upload renewed = upload.toBuilder().setExpiresAtMillis(until).build();
        transaction.join(transaction.save(Schema.Type.UPLOAD, renewed));
        return renewed;
    }

    private static UploadState state(Upload upload) {
        return new UploadState(
                Bytes.upload(upload.getUpload()),
                upload.getDeclaredBytes(),
                upload.getExpiresAtMillis());
    }

    @Override
    public Answer<Done> abandon(Caller caller, UploadId upload) {
        while (true) {
            Answer<Boolean> step =
                    database.write(transaction ->
                            switch (open(transaction, caller, upload)) {
                                case Answer.Refused<Open>(var refusal) -> Answer.refused(refusal);
                                case Answer.Ok<Open>(var open) ->
                                        Answer.ok(
                                                dissolve(
                                                        transaction,
                                                        open.upload(),
                                                        config.clock().millis()));
                            });
            switch (step) {
                case Answer.Refused<Boolean>(var refusal) -> {
                    return refusal.code() == ProblemCode.UPLOAD_EXPIRED
                            ? Answer.ok(Done.DONE)
                            : Answer.refused(refusal);
                }
                case Answer.Ok<Boolean>(var finished) -> {
                    if (finished) {
                        return Answer.ok(Done.DONE);
                    }
                }
            }
        }
    }

    /** Dooms some of what the upload has open, or drops the upload itself: true when it is gone. */
    static boolean dissolve(RecordTransaction transaction, Upload upload, long nowMillis) {
        List<Stored<Owner>> owners =
                transaction.join(
                        transaction.byIndex(
                                Owner.class,
                                Schema.Type.OWNER,
                                Schema.OWNER_UPLOAD,
                                RecordTransaction.allOf(upload.getUpload()),
                                RecordTransaction.forward(DOOM_MAX)));
        transaction.joinAll(
                owners.stream()
                        .map(o ->
                                transaction.save(
                                        Schema.Type.OWNER, Owners.doomed(o.record(), nowMillis)))
                        .toList());
        if (owners.size() == DOOM_MAX) {
            return false;
        }
        transaction.join(transaction.delete(Schema.Type.UPLOAD, upload.getUpload()));
        return true;
    }

    @Override
    public Answer<DeclarationResult> declare(
            Caller caller, UploadId upload, Declaration declaration) {
        return declarations.declare(caller, upload, declaration.contents());
    }

    @Override
    public Answer<Set<ContentId>> authorize(
            Caller caller, UploadId upload, Set<ContentId> contents) {
        if (contents.size() > Limits.DECLARE_CONTENTS_MAX) {
            return Answer.refused(
                    ProblemCode.INVALID,
                    "at most " + Limits.DECLARE_CONTENTS_MAX + " contents at once");
        }
        return database.write(transaction ->
                switch (use(transaction, caller, upload)) {
                    case Answer.Refused<Open>(var refusal) -> Answer.refused(refusal);
                    case Answer.Ok<Open>(var open) ->
                            Answer.ok(receiving(transaction, open.upload(), contents));
                });
    }

    private static Set<ContentId> receiving(
            RecordTransaction transaction, Upload upload, Set<ContentId> contents) {
        Map<ContentId, CompletableFuture<Optional<Owner>>> owners = new HashMap<>();
        for (ContentId content : contents) {
            owners.put(content, Owners.load(transaction, Bytes.of(content)));
        }
        Set<ContentId> open = new HashSet<>();
        owners.forEach((content, owner) ->
                transaction
                        .join(owner)
                        .filter(o -> o.getState() == OwnerState.OPEN && !Reservations.is(o))
                        .filter(o -> o.getOpenUploadList().contains(upload.getUpload()))
                        .ifPresent(o -> open.add(content)));
        return open;
    }
}
