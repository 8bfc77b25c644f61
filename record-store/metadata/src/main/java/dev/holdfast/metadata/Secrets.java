package dev.holdfast.metadata;

import dev.holdfast.model.Answer;
import dev.holdfast.model.Done;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.DeviceRegistered;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Secrets of accounts, as hashes whoever verifies them has made: nothing here can hash or verify. A
 * secret links devices; it opens nothing else.
 */
public interface Secrets {
    /** The text form of a hash, printable ASCII. */
    int HASH_CHARS_MAX = 512;

    /** The stored hash; empty where there is no such account, or no secret. */
    Optional<String> hash(String accountName);

    /** Sets or, with null, takes away the secret. Devices stay linked. */
    Answer<Done> setHash(String accountName, @Nullable String hash);

    /**
     * Links a device to an account whose secret was verified. The same token hash again answers
     * alike.
     *
     * @param verifiedHash the hash the secret was verified against: refused as {@code
     *     not-signed-in} when it is not the account's any more
     */
    Answer<DeviceRegistered> register(
            String accountName,
            String verifiedHash,
            Sha256 tokenHash,
            String deviceName,
            String platform);
}
