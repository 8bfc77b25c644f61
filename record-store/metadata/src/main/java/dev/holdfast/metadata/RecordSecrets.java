package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.MetadataRecords.Account;
import dev.holdfast.metadata.schema.MetadataRecords.Device;
import dev.holdfast.model.AccountId;
import dev.holdfast.model.Answer;
import dev.holdfast.model.DeviceId;
import dev.holdfast.model.Done;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.DeviceRegistered;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** {@link Secrets} and {@link AccessEpochs} in records. */
final class RecordSecrets implements Secrets, AccessEpochs {
    private final RecordDatabase database;
    private final Access access;
    private final RecordAccounts accounts;
    private final MetadataConfig config;

    RecordSecrets(
            RecordDatabase database,
            Access access,
            RecordAccounts accounts,
            MetadataConfig config) {
        this.database = database;
        this.access = access;
        this.accounts = accounts;
        this.config = config;
    }

    @Override
    public Optional<String> hash(String accountName) {
        return database.read(transaction ->
                RecordAccounts.byName(transaction, accountName)
                        .filter(Account::hasSecretHash)
                        .map(Account::getSecretHash));
    }

    @Override
    public Answer<Done> setHash(String accountName, @Nullable String hash) {
        if (hash != null && !printable(hash)) {
            return Answer.refused(
                    ProblemCode.INVALID,
                    "a hash has 1 to " + HASH_CHARS_MAX + " printable ASCII characters");
        }
        return database.write(transaction -> {
            Optional<Account> found = RecordAccounts.byName(transaction, accountName);
            if (found.isEmpty()) {
                return RecordAccounts.noAccount(accountName);
            }
            Account.Builder account = found.get().toBuilder().clearSecretHash();
            if (hash != null) {
                account.setSecretHash(hash);
            }
            account.setSecretAtMillis(config.clock().millis());
            transaction.join(transaction.save(Schema.Type.ACCOUNT, account.build()));
            return Answer.ok(Done.DONE);
        });
    }

    private static boolean printable(String hash) {
        return !hash.isEmpty()
                && hash.length() <= HASH_CHARS_MAX
                && hash.chars().allMatch(c -> c > ' ' && c < 0x7f);
    }

    @Override
    public Answer<DeviceRegistered> register(
            String accountName,
            String verifiedHash,
            Sha256 tokenHash,
            String deviceName,
            String platform) {
        if (!RecordAccounts.deviceUsable(deviceName, platform)) {
            return RecordAccounts.badDevice();
        }
        ByteString device = Bytes.of(DeviceId.random(config.random()));
        Device fresh =
                Device.newBuilder()
                        .setDevice(device)
                        .setTokenHash(Bytes.of(tokenHash))
                        .setName(deviceName)
                        .setPlatform(platform)
                        .setCreatedAtMillis(config.clock().millis())
                        .build();
        return database.write(
                transaction -> register(transaction, accountName, verifiedHash, fresh, tokenHash));
    }

    private Answer<DeviceRegistered> register(
            RecordTransaction transaction,
            String accountName,
            String verifiedHash,
            Device fresh,
            Sha256 tokenHash) {
        Optional<Account> account = RecordAccounts.byName(transaction, accountName);
        boolean valid =
                account.isPresent()
                        && !account.get().getDisabled()
                        && account.get().hasSecretHash()
                        && account.get().getSecretHash().equals(verifiedHash);
        if (!valid) {
            return Answer.refused(
                    ProblemCode.NOT_SIGNED_IN,
                    "the account and the secret do not belong together; see `holdfast admin"
                            + " account passwd`");
        }
        ByteString id = account.get().getAccount();
        Optional<Device> known = Access.deviceByToken(transaction, tokenHash);
        if (known.isPresent()) {
            return known.get().getAccount().equals(id) && !known.get().getRevoked()
                    ? accounts.registered(transaction, known.get().getDevice(), account.get())
                    : RecordAccounts.tokenInUse();
        }
        transaction.join(
                transaction.save(Schema.Type.DEVICE, fresh.toBuilder().setAccount(id).build()));
        return accounts.registered(transaction, fresh.getDevice(), account.get());
    }

    @Override
    public Answer<Signer> signer(Caller caller) {
        return database.read(transaction ->
                switch (access.authenticate(transaction, caller)) {
                    case Answer.Refused<Access.Identity>(var refusal) -> Answer.refused(refusal);
                    case Answer.Ok<Access.Identity>(var identity) -> {
                        ByteString account = identity.account().getAccount();
                        yield Answer.ok(
                                new Signer(
                                        Bytes.account(account),
                                        Bytes.device(identity.device().getDevice()),
                                        Access.epoch(transaction, account)));
                    }
                });
    }

    @Override
    public OptionalLong epoch(AccountId account) {
        ByteString id = Bytes.of(account);
        return database.read(transaction ->
                transaction
                        .get(Account.class, Schema.Type.ACCOUNT, id)
                        .filter(row -> !row.getDisabled())
                        .map(_ -> OptionalLong.of(Access.epoch(transaction, id)))
                        .orElseGet(OptionalLong::empty));
    }
}
