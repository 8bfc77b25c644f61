package dev.holdfast.metadata;

import dev.holdfast.model.AccountId;
import dev.holdfast.model.Answer;
import dev.holdfast.model.DeviceId;
import java.util.OptionalLong;

/**
 * What binds a signed address to the rights it was made with. An account's epoch rises in the
 * transaction in which the account or one of its devices loses a right, whichever.
 */
public interface AccessEpochs {
    /** To whom something is signed, and in which epoch. */
    record Signer(AccountId account, DeviceId device, long epoch) {}

    /** Who asks; in the epoch everything that is served to it in this moment belongs to. */
    Answer<Signer> signer(Caller caller);

    /** Two rows read. Empty for an account that is disabled or does not exist. */
    OptionalLong epoch(AccountId account);
}
