package dev.holdfast.metadata;

import dev.holdfast.model.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.random.RandomGenerator;

/**
 * Link codes: 50 random bits as ten letters and digits that are hard to mistake (Crockford's base
 * 32), with a hyphen in the middle. Stored only as a hash.
 */
final class LinkCodes {
    private static final String ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private static final int LENGTH = 10;

    private LinkCodes() {}

    static String random(RandomGenerator random) {
        StringBuilder code = new StringBuilder(LENGTH + 1);
        for (int i = 0; i < LENGTH; i++) {
            if (i == LENGTH / 2) {
                code.append('-');
            }
            code.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return code.toString();
    }

    /** What a person typed, hashed as it is stored: case, hyphens and spaces do not matter. */
    static Sha256 hash(String typed) {
        String plain =
                typed.toUpperCase(Locale.ROOT)
                        .replaceAll("[\\s-]", "")
                        .replace('O', '0')
                        .replace('I', '1')
                        .replace('L', '1');
        return Sha256.hash(plain.getBytes(StandardCharsets.UTF_8));
    }
}
