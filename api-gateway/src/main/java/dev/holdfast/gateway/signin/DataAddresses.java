package dev.holdfast.gateway.signin;

import dev.holdfast.model.AccountId;
import dev.holdfast.model.DeviceId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.random.RandomGenerator;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Makes and opens the tokens of short-lived addresses of contents. A token is sealed (AES-256-GCM):
 * nobody without the key can read or change one. Keys rotate: each hour has its own, derived from
 * the cell's secret, which all gateways of a cell share; a token names its hour and is opened in
 * that hour and the next one.
 */
public final class DataAddresses {
    /** The longest life of an address. */
    public static final Duration LIFE_MAX = Duration.ofSeconds(60);

    /** What clocks of two gateways may differ by. */
    private static final Duration CLOCKS_APART_MAX = Duration.ofSeconds(5);

    private static final byte LAYOUT = 1;
    private static final long KEY_PERIOD_MILLIS = Duration.ofHours(1).toMillis();
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;
    private static final int HEAD_BYTES = 1 + 4;
    private static final int HASH_BYTES = 32;
    private static final int GRANT_BYTES = 4 * Id128.BYTES + HASH_BYTES + 3 * Long.BYTES;
    private static final int TOKEN_BYTES = HEAD_BYTES + NONCE_BYTES + GRANT_BYTES + TAG_BITS / 8;
    private static final int TOKEN_CHARS = (TOKEN_BYTES * 4 + 2) / 3;

    private final byte[] secret;
    private final InstantSource clock;
    private final RandomGenerator random;

    /**
     * Addresses of a cell.
     *
     * @param secret of the cell, at least 32 bytes
     * @param random source of nonces; must not be predictable
     */
    public DataAddresses(byte[] secret, InstantSource clock, RandomGenerator random) {
        if (secret.length < 32) {
            throw new IllegalArgumentException("the secret of a cell has at least 32 bytes");
        }
        this.secret = secret.clone();
        this.clock = clock;
        this.random = random;
    }

    /**
     * What a token lets its bearer read, and on whose behalf.
     *
     * @param device whose rights it carries
     * @param tokenHash of that device
     * @param epoch of the account when it was made; another one voids it
     * @param expiresAtMillis since 1970
     */
    public record Grant(
            AccountId account,
            DeviceId device,
            Sha256 tokenHash,
            long epoch,
            NamespaceId ns,
            NodeId node,
            long contentRev,
            long expiresAtMillis) {}

    /** When an address made now, to live so long, ends. */
    public long expiry(Duration life) {
        if (life.isNegative() || life.isZero() || life.compareTo(LIFE_MAX) > 0) {
            throw new IllegalArgumentException("an address lives 1 to 60 seconds");
        }
        return clock.millis() + life.toMillis();
    }

    /** The token that stands for the grant: letters that need no escaping in a path. */
    public String seal(Grant grant) {
        int hour = (int) (clock.millis() / KEY_PERIOD_MILLIS);
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        byte[] head = head(hour);
        try {
            Cipher cipher = cipher(Cipher.ENCRYPT_MODE, nonce, head);
            byte[] sealed = cipher.doFinal(write(grant));
            ByteBuffer token = ByteBuffer.allocate(TOKEN_BYTES);
            token.put(head).put(nonce).put(sealed);
            return Base64.getUrlEncoder().withoutPadding().encodeToString(token.array());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this Java has no AES-GCM", e);
        }
    }

    /** The grant a token stands for; empty when it is none of ours, or has expired. */
    public Optional<Grant> open(String token) {
        if (token.length() != TOKEN_CHARS) {
            return Optional.empty();
        }
        byte[] bytes;
        try {
            bytes = Base64.getUrlDecoder().decode(token);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        if (bytes.length != TOKEN_BYTES || in.get() != LAYOUT) {
            return Optional.empty();
        }
        int hour = in.getInt();
        long now = clock.millis();
        long age = (now + CLOCKS_APART_MAX.toMillis()) / KEY_PERIOD_MILLIS - hour;
        if (age < 0 || age > 1) {
            return Optional.empty();
        }
        byte[] nonce = new byte[NONCE_BYTES];
        in.get(nonce);
        byte[] sealed = new byte[in.remaining()];
        in.get(sealed);
        try {
            Cipher cipher = cipher(Cipher.DECRYPT_MODE, nonce, head(hour));
            Grant grant = read(ByteBuffer.wrap(cipher.doFinal(sealed)));
            long left = grant.expiresAtMillis() - now;
            return left > 0 && left <= LIFE_MAX.plus(CLOCKS_APART_MAX).toMillis()
                    ? Optional.of(grant)
                    : Optional.empty();
        } catch (GeneralSecurityException e) {
            return Optional.empty();
        }
    }

    private Cipher cipher(int mode, byte[] nonce, byte[] head) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret, "HmacSHA256"));
        mac.update("data-address".getBytes(StandardCharsets.US_ASCII));
        byte[] key = mac.doFinal(head);
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, new SecretKeySpec(key, "AES"), new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(head);
        Arrays.fill(key, (byte) 0);
        return cipher;
    }

    private static byte[] head(int hour) {
        return ByteBuffer.allocate(HEAD_BYTES).put(LAYOUT).putInt(hour).array();
    }

    private static byte[] write(Grant grant) {
        return ByteBuffer.allocate(GRANT_BYTES)
                .put(grant.account().toBytes())
                .put(grant.device().toBytes())
                .put(grant.ns().toBytes())
                .put(grant.node().toBytes())
                .put(grant.tokenHash().toBytes())
                .putLong(grant.epoch())
                .putLong(grant.contentRev())
                .putLong(grant.expiresAtMillis())
                .array();
    }

    private static Grant read(ByteBuffer in) {
        AccountId account = AccountId.of(next(in, Id128.BYTES));
        DeviceId device = DeviceId.of(next(in, Id128.BYTES));
        NamespaceId ns = NamespaceId.of(next(in, Id128.BYTES));
        NodeId node = NodeId.of(next(in, Id128.BYTES));
        Sha256 tokenHash = Sha256.of(next(in, HASH_BYTES));
        return new Grant(
                account, device, tokenHash, in.getLong(), ns, node, in.getLong(), in.getLong());
    }

    private static byte[] next(ByteBuffer in, int count) {
        byte[] bytes = new byte[count];
        in.get(bytes);
        return bytes;
    }
}
