package dev.holdfast.gateway.signin;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.text.Normalizer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;
import org.jspecify.annotations.Nullable;

/**
 * Hashes secrets with Argon2id (RFC 9106), with the parameters OWASP's password storage page asks
 * for at least: 19 MiB of memory, two passes, one lane. Hashes are written in the PHC string format
 * and carry their parameters, so that these can be raised later. Few are made at once: each takes
 * memory, and an attacker must not be able to take it all.
 */
public final class SecretHasher {
    public static final int SECRET_CHARS_MIN = 12;
    public static final int SECRET_CHARS_MAX = 256;

    private static final int MEMORY_KIB = 19_456;
    private static final int PASSES = 2;
    private static final int LANES = 1;
    private static final int SALT_BYTES = 16;
    private static final int HASH_BYTES = 32;
    private static final int AT_ONCE_MAX = 2;
    private static final Duration WAIT_MAX = Duration.ofSeconds(5);

    /** What a stored hash may ask for: more is not from here and would only cost. */
    private static final int MEMORY_KIB_MAX = 1 << 20;

    private static final int PASSES_MAX = 16;

    private static final Pattern PHC =
            Pattern.compile(
                    "\\$argon2id\\$v=19\\$m=(\\d{1,8}),t=(\\d{1,3}),p=1"
                            + "\\$([A-Za-z0-9+/]{16,64})\\$([A-Za-z0-9+/]{32,128})");

    private final RandomGenerator random;
    private final Semaphore places = new Semaphore(AT_ONCE_MAX, true);
    private final String nobodys;

    /**
     * A hasher.
     *
     * @param random source of salts; must not be predictable
     */
    public SecretHasher(RandomGenerator random) {
        this.random = random;
        byte[] nothing = new byte[HASH_BYTES];
        random.nextBytes(nothing);
        this.nobodys = text(MEMORY_KIB, PASSES, salt(), nothing);
    }

    /**
     * The hash to keep.
     *
     * @throws IllegalArgumentException when the secret is too short or too long
     * @throws TimeoutException when too many are being hashed
     */
    public String hash(String secret) throws InterruptedException, TimeoutException {
        if (secret.length() < SECRET_CHARS_MIN || secret.length() > SECRET_CHARS_MAX) {
            throw new IllegalArgumentException(
                    "a secret has "
                            + SECRET_CHARS_MIN
                            + " to "
                            + SECRET_CHARS_MAX
                            + " characters; a few random words do");
        }
        byte[] salt = salt();
        return text(MEMORY_KIB, PASSES, salt, argon2(secret, salt, MEMORY_KIB, PASSES, HASH_BYTES));
    }

    /**
     * True when the hash is the secret's. Without a hash the answer is no, and takes as long.
     *
     * @throws TimeoutException when too many are being hashed
     */
    public boolean verify(String secret, @Nullable String hash)
            throws InterruptedException, TimeoutException {
        Matcher known = PHC.matcher(hash == null ? nobodys : hash);
        if (!known.matches()) {
            throw new IllegalStateException("a stored hash of a secret is not of a known form");
        }
        int memory = Integer.parseInt(known.group(1));
        int passes = Integer.parseInt(known.group(2));
        if (memory > MEMORY_KIB_MAX || passes < 1 || passes > PASSES_MAX) {
            throw new IllegalStateException("a stored hash of a secret asks for too much");
        }
        byte[] salt = Base64.getDecoder().decode(known.group(3));
        byte[] expected = Base64.getDecoder().decode(known.group(4));
        String bounded =
                secret.length() <= SECRET_CHARS_MAX
                        ? secret
                        : secret.substring(0, SECRET_CHARS_MAX);
        byte[] found = argon2(bounded, salt, memory, passes, expected.length);
        boolean equal = MessageDigest.isEqual(found, expected);
        return equal && hash != null && secret.length() <= SECRET_CHARS_MAX;
    }

    private byte[] salt() {
        byte[] salt = new byte[SALT_BYTES];
        random.nextBytes(salt);
        return salt;
    }

    private byte[] argon2(String secret, byte[] salt, int memory, int passes, int length)
            throws InterruptedException, TimeoutException {
        if (!places.tryAcquire(WAIT_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new TimeoutException("too many secrets are being verified");
        }
        byte[] input =
                Normalizer.normalize(secret, Normalizer.Form.NFC).getBytes(StandardCharsets.UTF_8);
        try {
            Argon2BytesGenerator generator = new Argon2BytesGenerator();
            generator.init(
                    new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                            .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                            .withMemoryAsKB(memory)
                            .withIterations(passes)
                            .withParallelism(LANES)
                            .withSalt(salt)
                            .build());
            byte[] hash = new byte[length];
            generator.generateBytes(input, hash);
            return hash;
        } finally {
            Arrays.fill(input, (byte) 0);
            places.release();
        }
    }

    private static String text(int memory, int passes, byte[] salt, byte[] hash) {
        Base64.Encoder base64 = Base64.getEncoder().withoutPadding();
        return "$argon2id$v=19$m="
                + memory
                + ",t="
                + passes
                + ",p="
                + LANES
                + "$"
                + base64.encodeToString(salt)
                + "$"
                + base64.encodeToString(hash);
    }
}
