package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.MetadataRecords.Account;
import dev.holdfast.metadata.schema.MetadataRecords.Member;
import dev.holdfast.metadata.schema.MetadataRecords.Namespace;
import dev.holdfast.metadata.schema.MetadataRecords.Role;
import dev.holdfast.model.Answer;
import dev.holdfast.model.Done;
import dev.holdfast.model.Limits;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.MemberState;
import dev.holdfast.model.wire.RoleName;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Changes the members of a shared namespace, in one transaction that read all of them serializably:
 * two owners who demote each other at the same moment cannot both succeed.
 *
 * <p>Whoever loses a right loses it for everybody who is under way, too: each operation reads the
 * Member row it rests on, and what was signed is void with the account's epoch.
 */
final class Members {
    private final RecordTransaction transaction;
    private final Access.Grant grant;
    private final long nowMillis;

    Members(RecordTransaction transaction, Access.Grant grant, long nowMillis) {
        this.transaction = transaction;
        this.grant = grant;
        this.nowMillis = nowMillis;
    }

    static List<Member> all(RecordTransaction transaction, ByteString ns) {
        return transaction.join(
                transaction.byKey(
                        Member.class,
                        Schema.Type.MEMBER,
                        RecordTransaction.under(Schema.Type.MEMBER, ns),
                        RecordTransaction.forward(Limits.NAMESPACE_MEMBERS_MAX + 1)));
    }

    /** Empty for an account that is no member, or does not exist. */
    static Optional<Role> role(
            RecordTransaction transaction, NamespaceId namespace, String account) {
        return RecordAccounts.byName(transaction, account)
                .flatMap(found ->
                        transaction.get(
                                Member.class,
                                Schema.Type.MEMBER,
                                Bytes.of(namespace),
                                found.getAccount()))
                .map(Member::getRole);
    }

    static List<MemberState> list(RecordTransaction transaction, ByteString ns) {
        List<Member> members = all(transaction, ns);
        List<CompletableFuture<Optional<Account>>> accounts = new ArrayList<>();
        for (Member member : members) {
            accounts.add(transaction.load(Account.class, Schema.Type.ACCOUNT, member.getAccount()));
        }
        List<MemberState> states = new ArrayList<>();
        for (int i = 0; i < members.size(); i++) {
            String name = transaction.join(accounts.get(i)).map(Account::getName).orElse("");
            states.add(state(members.get(i), name));
        }
        states.sort(
                Comparator.comparing(MemberState::role)
                        .reversed()
                        .thenComparing(MemberState::name));
        return states;
    }

    private static MemberState state(Member member, String name) {
        return new MemberState(
                Bytes.account(member.getAccount()),
                name,
                RoleName.valueOf(member.getRole().name()),
                member.getSinceMillis());
    }

    Answer<MemberState> put(String name, RoleName roleName) {
        Optional<Account> account = RecordAccounts.byName(transaction, name);
        if (account.isEmpty()) {
            return noAccount(name);
        }
        ByteString id = account.get().getAccount();
        Role role = Role.valueOf(roleName.name());
        List<Member> members = all(transaction, grant.namespace().getNs());
        Optional<Member> known = find(members, id);
        if (known.isPresent() && known.get().getRole() == role) {
            return Answer.ok(state(known.get(), name));
        }
        if (known.isEmpty() && members.size() >= Limits.NAMESPACE_MEMBERS_MAX) {
            return Answer.refused(
                    ProblemCode.CONFLICT,
                    "a namespace has at most " + Limits.NAMESPACE_MEMBERS_MAX + " members");
        }
        boolean less = known.isPresent() && role.getNumber() < known.get().getRole().getNumber();
        if (less && !handOver(members, known.get())) {
            return lastOwner();
        }
        Member member =
                known.map(Member::toBuilder)
                        .orElseGet(() -> Member.newBuilder().setSinceMillis(nowMillis))
                        .setNs(grant.namespace().getNs())
                        .setAccount(id)
                        .setRole(role)
                        .build();
        if (less) {
            Access.raiseEpoch(transaction, id);
        }
        transaction.join(transaction.save(Schema.Type.MEMBER, member));
        return Answer.ok(state(member, name));
    }

    Answer<Done> remove(String name) {
        Optional<Account> account = RecordAccounts.byName(transaction, name);
        ByteString self = grant.identity().account().getAccount();
        boolean leaves = account.isPresent() && account.get().getAccount().equals(self);
        if (!leaves && grant.role() != Role.OWNER) {
            return Access.forbidden(Role.OWNER);
        }
        if (account.isEmpty()) {
            return noAccount(name);
        }
        List<Member> members = all(transaction, grant.namespace().getNs());
        Optional<Member> known = find(members, account.get().getAccount());
        if (known.isEmpty()) {
            return Answer.ok(Done.DONE);
        }
        if (!handOver(members, known.get())) {
            return lastOwner();
        }
        Access.raiseEpoch(transaction, known.get().getAccount());
        transaction.join(
                transaction.delete(
                        Schema.Type.MEMBER, known.get().getNs(), known.get().getAccount()));
        return Answer.ok(Done.DONE);
    }

    /**
     * Prepares that a member stops to be an owner: another one answers for the quota from now on.
     * False when there is no other.
     */
    private boolean handOver(List<Member> members, Member leaving) {
        if (leaving.getRole() != Role.OWNER) {
            return true;
        }
        Optional<Member> next =
                members.stream()
                        .filter(m -> m.getRole() == Role.OWNER)
                        .filter(m -> !m.getAccount().equals(leaving.getAccount()))
                        .findFirst();
        Namespace namespace = grant.namespace();
        if (next.isPresent() && namespace.getOwner().equals(leaving.getAccount())) {
            transaction.join(
                    transaction.save(
                            Schema.Type.NAMESPACE,
                            namespace.toBuilder().setOwner(next.get().getAccount()).build()));
        }
        return next.isPresent();
    }

    private static Optional<Member> find(List<Member> members, ByteString account) {
        return members.stream().filter(m -> m.getAccount().equals(account)).findFirst();
    }

    private static <T> Answer<T> lastOwner() {
        return Answer.refused(
                ProblemCode.CONFLICT,
                "this is the last owner; make another member an owner first, or drop the"
                        + " namespace");
    }

    private static <T> Answer<T> noAccount(String name) {
        return Answer.refused(
                ProblemCode.NOT_FOUND, "there is no account named " + name + " on this server");
    }
}
