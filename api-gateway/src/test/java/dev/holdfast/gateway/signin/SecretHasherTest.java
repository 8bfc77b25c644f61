package dev.holdfast.gateway.signin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Hashes of secrets: what they accept, and that nothing tells a missing one from a wrong one. */
class SecretHasherTest {
    private static final String SECRET = "correct horse battery staple";

    private final SecretHasher hasher = new SecretHasher(new Random(7));

    @Test
    void aHashAcceptsItsSecretAndNoOther() throws Exception {
        String hash = hasher.hash(SECRET);
        assertThat(hash).startsWith("$argon2id$v=19$m=19456,t=2,p=1$").doesNotContain("horse");
        assertThat(hasher.verify(SECRET, hash)).isTrue();
        assertThat(hasher.verify(SECRET + " ", hash)).isFalse();
        assertThat(hasher.verify("", hash)).isFalse();
        assertThat(hasher.verify("x".repeat(100_000), hash)).isFalse();
        assertThat(hasher.hash(SECRET)).as("salted").isNotEqualTo(hash);
    }

    @Test
    void theSameLettersWrittenOtherwiseAreTheSameSecret() throws Exception {
        assertThat(hasher.verify("pa\u0308sse de la ville", hasher.hash("p\u00e4sse de la ville")))
                .isTrue();
    }

    @Test
    void withoutAHashTheAnswerIsNoAndTakesAsLong() throws Exception {
        String hash = hasher.hash(SECRET);
        long[] wrong = new long[9];
        long[] missing = new long[9];
        for (int i = 0; i < wrong.length; i++) {
            long start = System.nanoTime();
            assertThat(hasher.verify("wrong secret", hash)).isFalse();
            wrong[i] = System.nanoTime() - start;
            start = System.nanoTime();
            assertThat(hasher.verify("wrong secret", null)).isFalse();
            missing[i] = System.nanoTime() - start;
        }
        Arrays.sort(wrong);
        Arrays.sort(missing);
        double ratio = missing[4] / (double) wrong[4];
        assertThat(ratio).as("median of the missing to that of the wrong").isBetween(0.33, 3.0);
    }

    @Test
    void shortSecretsAreRefusedAndSoAreHashesThatAskForTooMuch() {
        assertThatThrownBy(() -> hasher.hash("elevenchars"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> hasher.hash("x".repeat(257)))
                .isInstanceOf(IllegalArgumentException.class);
        String salt = "$c29tZXNhbHQxMjM0NTY3OA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        assertThatThrownBy(() -> hasher.verify(SECRET, "$argon2id$v=19$m=99999999,t=2,p=1" + salt))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> hasher.verify(SECRET, "plain text"))
                .isInstanceOf(IllegalStateException.class);
    }
}
