package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.MetadataRecords.Member;
import dev.holdfast.metadata.schema.MetadataRecords.Namespace;
import dev.holdfast.metadata.schema.MetadataRecords.Role;
import dev.holdfast.model.Answer;
import dev.holdfast.model.Limits;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.NamespaceList;
import dev.holdfast.model.wire.NamespaceState;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** {@link Namespaces} in records. */
final class RecordNamespaces implements Namespaces {
    private final RecordDatabase database;
    private final Access access;
    private final String cellId;

    RecordNamespaces(RecordDatabase database, Access access, String cellId) {
        this.database = database;
        this.access = access;
        this.cellId = cellId;
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
                switch (access.enter(transaction, caller, namespace, Role.VIEWER)) {
                    case Answer.Refused<Access.Grant>(var refusal) -> Answer.refused(refusal);
                    case Answer.Ok<Access.Grant>(var grant) ->
                            Answer.ok(state(transaction, grant.namespace(), grant.role()));
                });
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
}
