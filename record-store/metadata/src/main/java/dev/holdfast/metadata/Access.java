package dev.holdfast.metadata;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.MetadataRecords.AccessEpoch;
import dev.holdfast.metadata.schema.MetadataRecords.Account;
import dev.holdfast.metadata.schema.MetadataRecords.Device;
import dev.holdfast.metadata.schema.MetadataRecords.Member;
import dev.holdfast.metadata.schema.MetadataRecords.Namespace;
import dev.holdfast.metadata.schema.MetadataRecords.Role;
import dev.holdfast.model.Answer;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Decides who the caller is and what it may do, from rows read serializably in the transaction that
 * serves it: a revocation committed before is seen, one committed meanwhile aborts the transaction.
 *
 * <p>The cache only guesses which rows to read; what was read decides.
 */
final class Access {
    private static final long GUESSES_MAX = 10_000;

    private final Cache<Sha256, Guess> guesses =
            Caffeine.newBuilder().maximumSize(GUESSES_MAX).build();

    private record Guess(ByteString device, ByteString account) {}

    /** Who asks. */
    record Identity(Device device, Account account) {}

    /** Who asks, and the namespace it may enter with which role. */
    record Grant(Identity identity, Namespace namespace, Role role) {
        ByteString device() {
            return identity.device().getDevice();
        }
    }

    /** Any device that is not revoked, of an account that is not disabled. */
    Answer<Identity> authenticate(RecordTransaction transaction, Caller caller) {
        Guess guess = guesses.getIfPresent(caller.tokenHash());
        if (guess != null) {
            var device = transaction.load(Device.class, Schema.Type.DEVICE, guess.device());
            var account = transaction.load(Account.class, Schema.Type.ACCOUNT, guess.account());
            transaction.joinAll(List.of(device, account));
            return identify(caller, transaction.join(device), transaction.join(account));
        }
        Optional<Device> device = deviceByToken(transaction, caller.tokenHash());
        if (device.isEmpty()) {
            return notSignedIn();
        }
        Optional<Account> account =
                transaction.get(Account.class, Schema.Type.ACCOUNT, device.get().getAccount());
        return identify(caller, device, account);
    }

    /** A caller with at least the role in a namespace that is not being dropped. */
    Answer<Grant> enter(
            RecordTransaction transaction, Caller caller, NamespaceId namespace, Role least) {
        ByteString ns = Bytes.of(namespace);
        var row = transaction.load(Namespace.class, Schema.Type.NAMESPACE, ns);
        Guess guess = guesses.getIfPresent(caller.tokenHash());
        CompletableFuture<Optional<Member>> early =
                guess == null
                        ? CompletableFuture.completedFuture(Optional.empty())
                        : member(transaction, ns, guess.account());
        return switch (authenticate(transaction, caller)) {
            case Answer.Refused<Identity>(var refusal) -> Answer.refused(refusal);
            case Answer.Ok<Identity>(var identity) -> {
                ByteString account = identity.account().getAccount();
                Optional<Member> member =
                        transaction.join(guess == null ? member(transaction, ns, account) : early);
                Optional<Namespace> found = transaction.join(row);
                if (member.isEmpty() || found.isEmpty() || found.get().getDropping()) {
                    yield Answer.refused(
                            ProblemCode.NOT_FOUND,
                            "there is no such namespace, or this account is no member of it");
                }
                Role role = member.get().getRole();
                yield role.getNumber() < least.getNumber()
                        ? forbidden(least)
                        : Answer.ok(new Grant(identity, found.get(), role));
            }
        };
    }

    static <T> Answer<T> forbidden(Role least) {
        return Answer.refused(
                ProblemCode.FORBIDDEN,
                least == Role.OWNER
                        ? "only an owner of the namespace may do that; ask one of them"
                        : "this account may only read here; ask the owner for the role of"
                                + " an editor");
    }

    private static CompletableFuture<Optional<Member>> member(
            RecordTransaction transaction, ByteString ns, ByteString account) {
        return transaction.load(Member.class, Schema.Type.MEMBER, ns, account);
    }

    private Answer<Identity> identify(
            Caller caller, Optional<Device> device, Optional<Account> account) {
        boolean known =
                device.isPresent()
                        && account.isPresent()
                        && device.get().getTokenHash().equals(Bytes.of(caller.tokenHash()));
        if (!known || device.get().getRevoked()) {
            guesses.invalidate(caller.tokenHash());
            return notSignedIn();
        }
        if (account.get().getDisabled()) {
            return Answer.refused(
                    ProblemCode.NOT_SIGNED_IN,
                    "this account is disabled; ask the operator of the server");
        }
        guesses.put(
                caller.tokenHash(),
                new Guess(device.get().getDevice(), account.get().getAccount()));
        return Answer.ok(new Identity(device.get(), account.get()));
    }

    /** What was signed for the account so far is void once the transaction is committed. */
    static void raiseEpoch(RecordTransaction transaction, ByteString account) {
        long epoch = epoch(transaction, account) + 1;
        transaction.join(
                transaction.save(
                        Schema.Type.ACCESS_EPOCH,
                        AccessEpoch.newBuilder().setAccount(account).setEpoch(epoch).build()));
    }

    /** 0 until it is raised first. */
    static long epoch(RecordTransaction transaction, ByteString account) {
        return transaction
                .get(AccessEpoch.class, Schema.Type.ACCESS_EPOCH, account)
                .map(AccessEpoch::getEpoch)
                .orElse(0L);
    }

    static Optional<Device> deviceByToken(RecordTransaction transaction, Sha256 tokenHash) {
        return transaction
                .join(
                        transaction.byIndex(
                                Device.class,
                                Schema.Type.DEVICE,
                                Schema.DEVICE_TOKEN,
                                RecordTransaction.allOf(Bytes.of(tokenHash)),
                                RecordTransaction.forward(1)))
                .stream()
                .map(RecordTransaction.Stored::record)
                .findFirst();
    }

    private static <T> Answer<T> notSignedIn() {
        return Answer.refused(
                ProblemCode.NOT_SIGNED_IN,
                "the token is unknown or was revoked; link the device again with a new code");
    }
}
