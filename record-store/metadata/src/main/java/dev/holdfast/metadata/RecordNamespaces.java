package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.MetadataRecords.Kind;
import dev.holdfast.metadata.schema.MetadataRecords.Member;
import dev.holdfast.metadata.schema.MetadataRecords.Namespace;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.metadata.schema.MetadataRecords.Retention;
import dev.holdfast.metadata.schema.MetadataRecords.Role;
import dev.holdfast.model.Answer;
import dev.holdfast.model.Done;
import dev.holdfast.model.Id128;
import dev.holdfast.model.Limits;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.MemberList;
import dev.holdfast.model.wire.MemberState;
import dev.holdfast.model.wire.NamespaceCreation;
import dev.holdfast.model.wire.NamespaceList;
import dev.holdfast.model.wire.NamespaceState;
import dev.holdfast.model.wire.RetentionPolicy;
import dev.holdfast.model.wire.RoleName;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;
import java.util.function.Predicate;

/** {@link Namespaces} in records. */
final class RecordNamespaces implements Namespaces {
    /** A policy's days and counts. */
    private static final int RETENTION_MAX = 100_000;

    private static final String SHARED = "shared";

    private final RecordDatabase database;
    private final Access access;
    private final MetadataConfig config;
    private final String cellId;

    RecordNamespaces(RecordDatabase database, Access access, MetadataConfig config, String cellId) {
        this.database = database;
        this.access = access;
        this.config = config;
        this.cellId = cellId;
    }

    static boolean isShared(Namespace namespace) {
        return namespace.getKind().equals(SHARED);
    }

    @Override
    public Answer<NamespaceList> list(Caller caller) {
        return database.read(transaction ->
                switch (access.authenticate(transaction, caller)) {
                    case Answer.Refused<Access.Identity>(var refusal) -> Answer.refused(refusal);
                    case Answer.Ok<Access.Identity>(var identity) ->
                            Answer.ok(
                                    new NamespaceList(
                                            cellId,
                                            of(transaction, identity.account().getAccount())));
                });
    }

    @Override
    public Answer<NamespaceState> get(Caller caller, NamespaceId namespace) {
        return database.read(transaction ->
                in(
                        transaction,
                        caller,
                        namespace,
                        Role.VIEWER,
                        (t, grant) -> Answer.ok(state(t, grant.namespace(), grant.role()))));
    }

    /** Runs a body for a caller with at least the role. */
    private <T> Answer<T> in(
            RecordTransaction transaction,
            Caller caller,
            NamespaceId namespace,
            Role least,
            BiFunction<RecordTransaction, Access.Grant, Answer<T>> body) {
        return switch (access.enter(transaction, caller, namespace, least)) {
            case Answer.Refused<Access.Grant>(var refusal) -> Answer.refused(refusal);
            case Answer.Ok<Access.Grant>(var grant) -> body.apply(transaction, grant);
        };
    }

    /** What an account is a member of. */
    List<NamespaceState> of(RecordTransaction transaction, ByteString account) {
        List<NamespaceState> states = new ArrayList<>();
        for (RecordTransaction.Stored<Member> member :
                transaction.join(
                        transaction.byIndex(
                                Member.class,
                                Schema.Type.MEMBER,
                                Schema.MEMBER_ACCOUNT,
                                RecordTransaction.allOf(account),
                                RecordTransaction.forward(Limits.PAGE_ENTRIES_MAX)))) {
            Optional<Namespace> namespace =
                    transaction.get(
                            Namespace.class, Schema.Type.NAMESPACE, member.record().getNs());
            if (namespace.isPresent() && !namespace.get().getDropping()) {
                states.add(state(transaction, namespace.get(), member.record().getRole()));
            }
        }
        return states;
    }

    private static NamespaceState state(
            RecordTransaction transaction, Namespace namespace, Role role) {
        long used =
                transaction.join(
                        transaction.sum(
                                Schema.Type.OWNER, Schema.OWNER_BYTES, true, namespace.getNs()));
        NamespaceId id = Bytes.namespace(namespace.getNs());
        return new NamespaceState(
                id,
                namespace.getName(),
                namespace.getKind(),
                role.name().toLowerCase(Locale.ROOT),
                NodeId.rootOf(id),
                namespace.getQuotaBytes(),
                used);
    }

    /** The records of a new namespace with its one member, who owns it. */
    static List<CompletableFuture<?>> make(
            RecordTransaction transaction, Namespace namespace, long nowMillis) {
        ByteString ns = namespace.getNs();
        return List.of(
                transaction.save(
                        Schema.Type.NAMESPACE,
                        namespace.toBuilder().setCreatedAtMillis(nowMillis).build()),
                transaction.save(
                        Schema.Type.MEMBER,
                        Member.newBuilder()
                                .setNs(ns)
                                .setAccount(namespace.getOwner())
                                .setRole(Role.OWNER)
                                .setSinceMillis(nowMillis)
                                .build()),
                transaction.save(
                        Schema.Type.NODE,
                        Node.newBuilder()
                                .setNs(ns)
                                .setNode(ns)
                                .setName("")
                                .setKind(Kind.FOLDER)
                                .setRev(1)
                                .setIncarnation(Cells.load(transaction).getIncarnation())
                                .build()));
    }

    @Override
    public Answer<NamespaceState> create(Caller caller, NamespaceCreation creation) {
        if (!usable(creation.name())) {
            return badName();
        }
        return database.write(transaction ->
                switch (access.authenticate(transaction, caller)) {
                    case Answer.Refused<Access.Identity>(var refusal) -> Answer.refused(refusal);
                    case Answer.Ok<Access.Identity>(var identity) ->
                            create(transaction, identity, creation);
                });
    }

    private Answer<NamespaceState> create(
            RecordTransaction transaction, Access.Identity identity, NamespaceCreation creation) {
        ByteString ns = Bytes.of(creation.namespace());
        ByteString account = identity.account().getAccount();
        Optional<Namespace> taken = transaction.get(Namespace.class, Schema.Type.NAMESPACE, ns);
        if (taken.isPresent()) {
            Namespace known = taken.get();
            boolean same =
                    isShared(known)
                            && !known.getDropping()
                            && known.getOwner().equals(account)
                            && known.getName().equals(creation.name());
            return same
                    ? Answer.ok(state(transaction, known, Role.OWNER))
                    : Answer.refused(
                            ProblemCode.ID_REUSED,
                            "the namespace id was used already; choose another one");
        }
        if (Quotas.owned(transaction, account).size() > Limits.OWNED_NAMESPACES_MAX) {
            return Answer.refused(
                    ProblemCode.CONFLICT,
                    "an account owns at most "
                            + Limits.OWNED_NAMESPACES_MAX
                            + " shared namespaces; drop one first");
        }
        Namespace made =
                Namespace.newBuilder()
                        .setNs(ns)
                        .setName(creation.name())
                        .setKind(SHARED)
                        .setOwner(account)
                        .setRetention(Retentions.DEFAULT)
                        .build();
        transaction.joinAll(make(transaction, made, config.clock().millis()));
        return Answer.ok(state(transaction, made, Role.OWNER));
    }

    private static boolean usable(String name) {
        return !name.isBlank()
                && name.getBytes(StandardCharsets.UTF_8).length <= Limits.NAMESPACE_NAME_BYTES_MAX
                && name.codePoints()
                        .noneMatch(c ->
                                Character.isISOControl(c)
                                        || Character.getType(c) == Character.SURROGATE);
    }

    private static <T> Answer<T> badName() {
        return Answer.refused(
                ProblemCode.INVALID,
                "a namespace's name has 1 to "
                        + Limits.NAMESPACE_NAME_BYTES_MAX
                        + " bytes and no control characters");
    }

    /**
     * Refuses what only a shared namespace allows.
     *
     * @param there whether what is wanted is so already
     */
    private <T> Answer<T> inShared(
            Caller caller,
            NamespaceId namespace,
            Role least,
            Predicate<RecordTransaction> there,
            BiFunction<RecordTransaction, Access.Grant, Answer<T>> body) {
        SelfEnding<T> call = new SelfEnding<>();
        return database.write(transaction ->
                call.run(
                        () -> there.test(transaction),
                        () ->
                                in(
                                        transaction,
                                        caller,
                                        namespace,
                                        least,
                                        (t, grant) ->
                                                isShared(grant.namespace())
                                                        ? body.apply(t, grant)
                                                        : personal())));
    }

    private static <T> Answer<T> personal() {
        return Answer.refused(
                ProblemCode.INVALID,
                "this is an account's personal namespace; make a shared one for that");
    }

    private static boolean isDropped(RecordTransaction transaction, NamespaceId namespace) {
        return transaction
                .get(Namespace.class, Schema.Type.NAMESPACE, Bytes.of(namespace))
                .map(Namespace::getDropping)
                .orElse(true);
    }

    @Override
    public Answer<NamespaceState> rename(Caller caller, NamespaceId namespace, String name) {
        if (!usable(name)) {
            return badName();
        }
        return inShared(
                caller,
                namespace,
                Role.OWNER,
                _ -> false,
                (transaction, grant) -> {
                    Namespace renamed = grant.namespace().toBuilder().setName(name).build();
                    transaction.join(transaction.save(Schema.Type.NAMESPACE, renamed));
                    return Answer.ok(state(transaction, renamed, grant.role()));
                });
    }

    @Override
    public Answer<Done> drop(Caller caller, NamespaceId namespace) {
        return inShared(
                caller,
                namespace,
                Role.OWNER,
                transaction -> isDropped(transaction, namespace),
                (transaction, grant) -> {
                    ByteString ns = grant.namespace().getNs();
                    Members.all(transaction, ns)
                            .forEach(m -> Access.raiseEpoch(transaction, m.getAccount()));
                    transaction.joinAll(
                            List.of(
                                    transaction.save(
                                            Schema.Type.NAMESPACE,
                                            grant.namespace().toBuilder()
                                                    .setDropping(true)
                                                    .build()),
                                    transaction.save(
                                            Schema.Type.JOB,
                                            Dropping.job(
                                                    grant.namespace(), config.clock().millis()))));
                    return Answer.ok(Done.DONE);
                });
    }

    @Override
    public Answer<MemberList> members(Caller caller, NamespaceId namespace) {
        return database.read(transaction ->
                in(
                        transaction,
                        caller,
                        namespace,
                        Role.VIEWER,
                        (t, grant) ->
                                Answer.ok(
                                        new MemberList(
                                                Members.list(t, grant.namespace().getNs())))));
    }

    @Override
    public Answer<MemberState> putMember(
            Caller caller, NamespaceId namespace, String account, RoleName role) {
        return inShared(
                caller,
                namespace,
                Role.OWNER,
                transaction ->
                        Members.role(transaction, namespace, account)
                                .filter(Role.valueOf(role.name())::equals)
                                .isPresent(),
                (transaction, grant) ->
                        new Members(transaction, grant, config.clock().millis())
                                .put(account, role));
    }

    @Override
    public Answer<Done> removeMember(Caller caller, NamespaceId namespace, String account) {
        return inShared(
                caller,
                namespace,
                Role.VIEWER,
                transaction -> Members.role(transaction, namespace, account).isEmpty(),
                (transaction, grant) ->
                        new Members(transaction, grant, config.clock().millis()).remove(account));
    }

    @Override
    public Answer<RetentionPolicy> retention(Caller caller, NamespaceId namespace) {
        return database.read(transaction ->
                in(
                        transaction,
                        caller,
                        namespace,
                        Role.VIEWER,
                        (_, grant) ->
                                Answer.ok(Retentions.policy(grant.namespace().getRetention()))));
    }

    @Override
    public Answer<RetentionPolicy> setRetention(
            Caller caller, NamespaceId namespace, RetentionPolicy policy) {
        boolean sound =
                List.of(
                                policy.versionDays(),
                                policy.versionCount(),
                                policy.dailyAfterDays(),
                                policy.trashDays())
                        .stream()
                        .allMatch(n -> n >= 0 && n <= RETENTION_MAX);
        if (!sound) {
            return Answer.refused(
                    ProblemCode.INVALID, "days and counts are 0 (no bound) to " + RETENTION_MAX);
        }
        Id128 job = Id128.random(config.random());
        return database.write(transaction ->
                in(
                        transaction,
                        caller,
                        namespace,
                        Role.OWNER,
                        (t, grant) -> {
                            Retention retention = Retentions.of(policy);
                            if (retention.equals(grant.namespace().getRetention())) {
                                return Answer.ok(policy);
                            }
                            t.joinAll(
                                    List.of(
                                            t.save(
                                                    Schema.Type.NAMESPACE,
                                                    grant.namespace().toBuilder()
                                                            .setRetention(retention)
                                                            .build()),
                                            t.save(
                                                    Schema.Type.JOB,
                                                    Sweeping.job(
                                                            job,
                                                            grant.namespace(),
                                                            config.clock().millis()))));
                            return Answer.ok(policy);
                        }));
    }
}
