package dev.holdfast.metadata;

import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.tuple.Tuple;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import dev.holdfast.metadata.schema.MetadataRecords.Account;
import dev.holdfast.metadata.schema.MetadataRecords.Device;
import dev.holdfast.metadata.schema.MetadataRecords.DeviceCursor;
import dev.holdfast.metadata.schema.MetadataRecords.LinkCodeRow;
import dev.holdfast.metadata.schema.MetadataRecords.Namespace;
import dev.holdfast.model.AccountId;
import dev.holdfast.model.Answer;
import dev.holdfast.model.DeviceId;
import dev.holdfast.model.Done;
import dev.holdfast.model.Limits;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.DeviceRegistered;
import dev.holdfast.model.wire.DeviceRegistration;
import dev.holdfast.model.wire.LinkCode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/** {@link Accounts} in records. */
final class RecordAccounts implements Accounts {
    /** Accounts and devices an operator's list shows at most. */
    private static final int LIST_MAX = 10_000;

    /** Accounts or devices read in one transaction. */
    private static final int ROWS_PER_READ = 200;

    private final RecordDatabase database;
    private final Access access;
    private final RecordNamespaces namespaces;
    private final MetadataConfig config;
    private final String cellId;

    RecordAccounts(
            RecordDatabase database,
            Access access,
            RecordNamespaces namespaces,
            MetadataConfig config,
            String cellId) {
        this.database = database;
        this.access = access;
        this.namespaces = namespaces;
        this.config = config;
        this.cellId = cellId;
    }

    /** A code and the row that stands for it. */
    private record NewCode(LinkCode code, LinkCodeRow row) {}

    private NewCode newCode(String accountName, ByteString account) {
        String code = LinkCodes.random(config.random());
        long expires = config.clock().millis() + config.linkCodeLifetime().toMillis();
        return new NewCode(
                new LinkCode(accountName, code, expires),
                LinkCodeRow.newBuilder()
                        .setCodeHash(Bytes.of(LinkCodes.hash(code)))
                        .setAccount(account)
                        .setExpiresAtMillis(expires)
                        .build());
    }

    @Override
    public Answer<LinkCode> create(String name, long quotaBytes) {
        if (!usable(name, Limits.ACCOUNT_NAME_BYTES_MAX)) {
            return Answer.refused(
                    ProblemCode.INVALID,
                    "an account's name has 1 to "
                            + Limits.ACCOUNT_NAME_BYTES_MAX
                            + " bytes and no spaces, slashes or control characters");
        }
        if (quotaBytes < 0) {
            return Answer.refused(ProblemCode.INVALID, "a quota is 0 (none) or more bytes");
        }
        // Chosen outside, so that a second run after an unknown commit finds its own work.
        ByteString account = Bytes.of(AccountId.random(config.random()));
        NamespaceId personal = NamespaceId.random(config.random());
        NewCode code = newCode(name, account);
        return database.write(transaction -> {
            Optional<Account> taken = byName(transaction, name);
            if (taken.isPresent()) {
                return taken.get().getAccount().equals(account)
                        ? Answer.ok(code.code())
                        : Answer.refused(
                                ProblemCode.NAME_TAKEN,
                                "there is an account of that name; use `admin account"
                                        + " code` for another link code");
            }
            saveAccount(transaction, name, quotaBytes, account, personal);
            transaction.join(transaction.save(Schema.Type.LINK_CODE, code.row()));
            return Answer.ok(code.code());
        });
    }

    private void saveAccount(
            RecordTransaction transaction,
            String name,
            long quotaBytes,
            ByteString account,
            NamespaceId personal) {
        long now = config.clock().millis();
        ByteString ns = Bytes.of(personal);
        transaction.join(
                transaction.save(
                        Schema.Type.ACCOUNT,
                        Account.newBuilder()
                                .setAccount(account)
                                .setName(name)
                                .setQuotaBytes(quotaBytes)
                                .setPersonal(ns)
                                .setCreatedAtMillis(now)
                                .build()));
        transaction.joinAll(
                RecordNamespaces.make(
                        transaction,
                        Namespace.newBuilder()
                                .setNs(ns)
                                .setName(name)
                                .setKind("personal")
                                .setOwner(account)
                                .setQuotaBytes(quotaBytes)
                                .setRetention(Retentions.DEFAULT)
                                .build(),
                        now));
    }

    @Override
    public Answer<LinkCode> newLinkCode(String accountName) {
        return database.write(transaction -> {
            Optional<Account> account = byName(transaction, accountName);
            return account.isEmpty()
                    ? noAccount(accountName)
                    : Answer.ok(issue(transaction, account.get()));
        });
    }

    @Override
    public Answer<LinkCode> newLinkCode(Caller caller) {
        return database.write(transaction ->
                switch (access.authenticate(transaction, caller)) {
                    case Answer.Refused<Access.Identity>(var refusal) -> Answer.refused(refusal);
                    case Answer.Ok<Access.Identity>(var identity) ->
                            Answer.ok(issue(transaction, identity.account()));
                });
    }

    /** A second run after an unknown commit makes another code; the lost one expires unspent. */
    private LinkCode issue(RecordTransaction transaction, Account account) {
        NewCode code = newCode(account.getName(), account.getAccount());
        transaction.join(transaction.save(Schema.Type.LINK_CODE, code.row()));
        return code.code();
    }

    @Override
    public Answer<DeviceRegistered> register(DeviceRegistration registration) {
        if (!deviceUsable(registration.name(), registration.platform())) {
            return badDevice();
        }
        ByteString device = Bytes.of(DeviceId.random(config.random()));
        return database.write(transaction -> spend(transaction, registration, device));
    }

    static boolean deviceUsable(String name, String platform) {
        return usable(name.replace(' ', '-'), Limits.DEVICE_NAME_BYTES_MAX)
                && platform.length() <= Limits.DEVICE_NAME_BYTES_MAX;
    }

    static <T> Answer<T> badDevice() {
        return Answer.refused(
                ProblemCode.INVALID,
                "a device's name has 1 to "
                        + Limits.DEVICE_NAME_BYTES_MAX
                        + " bytes and no slashes or control characters");
    }

    private Answer<DeviceRegistered> spend(
            RecordTransaction transaction, DeviceRegistration registration, ByteString device) {
        ByteString codeHash = Bytes.of(LinkCodes.hash(registration.code()));
        ByteString tokenHash = Bytes.of(registration.tokenHash());
        Optional<LinkCodeRow> found =
                transaction.get(LinkCodeRow.class, Schema.Type.LINK_CODE, codeHash);
        if (found.isEmpty()) {
            return badCode("the link code is not known here");
        }
        LinkCodeRow row = found.get();
        Optional<Account> account =
                transaction.get(Account.class, Schema.Type.ACCOUNT, row.getAccount());
        if (account.isEmpty() || account.get().getDisabled()) {
            return badCode("the account of this link code is disabled");
        }
        if (row.hasTokenHash()) {
            return row.getTokenHash().equals(tokenHash)
                    ? registered(transaction, row.getDevice(), account.get())
                    : badCode("the link code was used already");
        }
        if (row.getExpiresAtMillis() <= config.clock().millis()) {
            return badCode("the link code has expired");
        }
        if (Access.deviceByToken(transaction, registration.tokenHash()).isPresent()) {
            return tokenInUse();
        }
        transaction.joinAll(
                List.of(
                        transaction.save(
                                Schema.Type.DEVICE,
                                Device.newBuilder()
                                        .setDevice(device)
                                        .setAccount(row.getAccount())
                                        .setTokenHash(tokenHash)
                                        .setName(registration.name())
                                        .setPlatform(registration.platform())
                                        .setCreatedAtMillis(config.clock().millis())
                                        .build()),
                        transaction.save(
                                Schema.Type.LINK_CODE,
                                row.toBuilder()
                                        .setTokenHash(tokenHash)
                                        .setDevice(device)
                                        .build())));
        return registered(transaction, device, account.get());
    }

    Answer<DeviceRegistered> registered(
            RecordTransaction transaction, ByteString device, Account account) {
        return Answer.ok(
                new DeviceRegistered(
                        Bytes.device(device),
                        Bytes.account(account.getAccount()),
                        account.getName(),
                        cellId,
                        namespaces.of(transaction, account.getAccount())));
    }

    static <T> Answer<T> tokenInUse() {
        return Answer.refused(
                ProblemCode.ID_REUSED, "the token is in use already; make another one");
    }

    private static <T> Answer<T> badCode(String what) {
        return Answer.refused(
                ProblemCode.NOT_SIGNED_IN,
                what
                        + "; make a new one with `holdfast admin account code` or `holdfast sync code`");
    }

    @Override
    public Answer<Done> revoke(Caller caller, DeviceId device) {
        SelfEnding<Done> call = new SelfEnding<>();
        return database.write(transaction ->
                call.run(
                        () -> device(transaction, device).filter(Device::getRevoked).isPresent(),
                        () -> revoke(transaction, caller, device)));
    }

    private Answer<Done> revoke(RecordTransaction transaction, Caller caller, DeviceId device) {
        return switch (access.authenticate(transaction, caller)) {
            case Answer.Refused<Access.Identity>(var refusal) -> Answer.refused(refusal);
            case Answer.Ok<Access.Identity>(var identity) -> {
                ByteString account = identity.account().getAccount();
                yield device(transaction, device)
                        .filter(found -> found.getAccount().equals(account))
                        .map(found -> revoke(transaction, found))
                        .orElseGet(RecordAccounts::noDevice);
            }
        };
    }

    @Override
    public Answer<Done> revokeAsAdmin(DeviceId device) {
        return database.write(transaction -> {
            Optional<Device> found = device(transaction, device);
            return found.isEmpty() ? noDevice() : revoke(transaction, found.get());
        });
    }

    private static Optional<Device> device(RecordTransaction transaction, DeviceId device) {
        return transaction.get(Device.class, Schema.Type.DEVICE, Bytes.of(device));
    }

    private static Answer<Done> revoke(RecordTransaction transaction, Device device) {
        if (!device.getRevoked()) {
            Access.raiseEpoch(transaction, device.getAccount());
            transaction.join(
                    transaction.save(
                            Schema.Type.DEVICE, device.toBuilder().setRevoked(true).build()));
        }
        return Answer.ok(Done.DONE);
    }

    private static <T> Answer<T> noDevice() {
        return Answer.refused(ProblemCode.NOT_FOUND, "there is no such device in this account");
    }

    @Override
    public Answer<Done> disable(String accountName) {
        return setDisabled(accountName, true);
    }

    @Override
    public Answer<Done> enable(String accountName) {
        return setDisabled(accountName, false);
    }

    private Answer<Done> setDisabled(String accountName, boolean disabled) {
        return database.write(transaction -> {
            Optional<Account> account = byName(transaction, accountName);
            if (account.isEmpty()) {
                return noAccount(accountName);
            }
            Access.raiseEpoch(transaction, account.get().getAccount());
            transaction.join(
                    transaction.save(
                            Schema.Type.ACCOUNT,
                            account.get().toBuilder().setDisabled(disabled).build()));
            return Answer.ok(Done.DONE);
        });
    }

    static <T> Answer<T> noAccount(String name) {
        return Answer.refused(
                ProblemCode.NOT_FOUND,
                "there is no account named " + name + "; see `holdfast admin account list`");
    }

    @Override
    public List<AccountView> list() {
        return all(Account.class, Schema.Type.ACCOUNT, Account::getAccount, RecordAccounts::view);
    }

    /**
     * Rows as an operator sees them, some to a transaction: each takes reads of its own, and one
     * transaction has but five seconds.
     */
    private <M extends Message, V> List<V> all(
            Class<M> as,
            Schema.Type type,
            Function<M, ByteString> id,
            BiFunction<RecordTransaction, M, V> view) {
        List<V> views = new ArrayList<>();
        Tuple prefix = RecordTransaction.key(type);
        TupleRange range = TupleRange.allOf(prefix);
        while (true) {
            TupleRange page = range;
            List<M> rows = new ArrayList<>();
            views.addAll(
                    database.read(transaction -> {
                        rows.clear();
                        rows.addAll(
                                transaction.join(
                                        transaction.byKey(
                                                as,
                                                type,
                                                page,
                                                RecordTransaction.forward(ROWS_PER_READ))));
                        return rows.stream().map(row -> view.apply(transaction, row)).toList();
                    }));
            if (rows.size() < ROWS_PER_READ || views.size() >= LIST_MAX) {
                return views;
            }
            range =
                    RecordTransaction.after(
                            prefix, prefix.add(id.apply(rows.getLast()).toByteArray()), false);
        }
    }

    private static AccountView view(RecordTransaction transaction, Account account) {
        return new AccountView(
                Bytes.account(account.getAccount()),
                account.getName(),
                !account.getDisabled(),
                account.getQuotaBytes(),
                Quotas.used(transaction, account.getAccount()),
                Bytes.namespace(account.getPersonal()),
                account.getCreatedAtMillis());
    }

    @Override
    public List<DeviceView> devices() {
        Map<ByteString, String> names = new HashMap<>();
        all(Account.class, Schema.Type.ACCOUNT, Account::getAccount, (_, account) -> account)
                .forEach(account -> names.put(account.getAccount(), account.getName()));
        return all(
                Device.class,
                Schema.Type.DEVICE,
                Device::getDevice,
                (transaction, device) ->
                        new DeviceView(
                                Bytes.device(device.getDevice()),
                                names.getOrDefault(device.getAccount(), ""),
                                device.getName(),
                                device.getPlatform(),
                                device.getRevoked(),
                                device.getCreatedAtMillis(),
                                lastSeen(transaction, device.getDevice())));
    }

    private static long lastSeen(RecordTransaction transaction, ByteString device) {
        return transaction
                .join(
                        transaction.byKey(
                                DeviceCursor.class,
                                Schema.Type.DEVICE_CURSOR,
                                RecordTransaction.under(Schema.Type.DEVICE_CURSOR, device),
                                RecordTransaction.forward(LIST_MAX)))
                .stream()
                .mapToLong(DeviceCursor::getSeenAtMillis)
                .max()
                .orElse(0);
    }

    static Optional<Account> byName(RecordTransaction transaction, String name) {
        return transaction
                .join(
                        transaction.byIndex(
                                Account.class,
                                Schema.Type.ACCOUNT,
                                Schema.ACCOUNT_NAME,
                                RecordTransaction.allOf(name),
                                RecordTransaction.forward(1)))
                .stream()
                .map(RecordTransaction.Stored::record)
                .findFirst();
    }

    static boolean usable(String name, int bytesMax) {
        return !name.isBlank()
                && name.getBytes(StandardCharsets.UTF_8).length <= bytesMax
                && name.codePoints()
                        .noneMatch(c ->
                                c == '/'
                                        || Character.isISOControl(c)
                                        || Character.isWhitespace(c)
                                        || Character.getType(c) == Character.SURROGATE);
    }
}
