package dev.holdfast.gateway.http.routes;

import dev.holdfast.metadata.AccessEpochs;
import dev.holdfast.metadata.Caller;
import dev.holdfast.model.AccountId;
import dev.holdfast.model.Answer;
import dev.holdfast.model.Sha256;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which account a token belongs to, for limits, never for access: a device never changes its
 * account, so what was known once stays true. Bounded; when it is full it begins anew.
 */
public final class DeviceAccounts implements Function<Sha256, @Nullable AccountId> {
    private static final int KNOWN_MAX = 50_000;

    private final AccessEpochs epochs;
    private final ConcurrentMap<Sha256, AccountId> known = new ConcurrentHashMap<>();

    public DeviceAccounts(AccessEpochs epochs) {
        this.epochs = epochs;
    }

    @Override
    public @Nullable AccountId apply(Sha256 tokenHash) {
        AccountId account = known.get(tokenHash);
        if (account != null) {
            return account;
        }
        return switch (epochs.signer(new Caller(tokenHash))) {
            case Answer.Refused<AccessEpochs.Signer> _ -> null;
            case Answer.Ok<AccessEpochs.Signer>(AccessEpochs.Signer signer) -> {
                if (known.size() >= KNOWN_MAX) {
                    known.clear();
                }
                known.put(tokenHash, signer.account());
                yield signer.account();
            }
        };
    }
}
