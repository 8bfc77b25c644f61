package dev.holdfast.gateway.signin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.AccountId;
import dev.holdfast.model.DeviceId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Tokens of addresses: what opens, and everything that does not. */
class DataAddressesTest {
    private static final byte[] SECRET =
            "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private final AtomicLong now = new AtomicLong(1_800_000_000_000L);
    private final DataAddresses addresses = gateway(SECRET);

    private DataAddresses gateway(byte[] secret) {
        return new DataAddresses(
                secret, () -> Instant.ofEpochMilli(now.get()), new Random(now.get()));
    }

    private DataAddresses.Grant grant(Duration life) {
        return new DataAddresses.Grant(
                new AccountId(new Id128(1, 2)),
                new DeviceId(new Id128(3, 4)),
                new Sha256(5, 6, 7, 8),
                9,
                new NamespaceId(new Id128(10, 11)),
                new NodeId(new Id128(12, 13)),
                14,
                addresses.expiry(life));
    }

    @Test
    void aTokenOpensAtEveryGatewayOfTheCellAndNowhereElse() {
        DataAddresses.Grant grant = grant(Duration.ofSeconds(60));
        String token = addresses.seal(grant);
        assertThat(token).matches("[A-Za-z0-9_-]+");
        assertThat(addresses.open(token)).contains(grant);
        assertThat(gateway(SECRET).open(token)).contains(grant);
        byte[] other = SECRET.clone();
        other[0]++;
        assertThat(gateway(other).open(token)).isEmpty();
        assertThat(addresses.seal(grant)).as("fresh nonce").isNotEqualTo(token);
    }

    @Test
    void noBitOfATokenCanBeChanged() {
        String token = addresses.seal(grant(Duration.ofSeconds(60)));
        byte[] bytes = Base64.getUrlDecoder().decode(token);
        for (int bit = 0; bit < bytes.length * 8; bit++) {
            byte[] changed = bytes.clone();
            changed[bit / 8] ^= (byte) (1 << bit % 8);
            String text = Base64.getUrlEncoder().withoutPadding().encodeToString(changed);
            assertThat(addresses.open(text)).as("bit " + bit).isEmpty();
        }
        assertThat(addresses.open("")).isEmpty();
        assertThat(addresses.open(token.substring(1))).isEmpty();
        assertThat(addresses.open(token + "A")).isEmpty();
        assertThat(addresses.open("!".repeat(token.length()))).isEmpty();
    }

    @Test
    void aTokenEndsWithItsTime() {
        String token = addresses.seal(grant(Duration.ofSeconds(30)));
        now.addAndGet(29_999);
        assertThat(addresses.open(token)).isPresent();
        now.addAndGet(1);
        assertThat(addresses.open(token)).isEmpty();
        assertThatThrownBy(() -> addresses.expiry(Duration.ofSeconds(61)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void keysRotateByTheHourAndTheLastOnesTokensStillOpen() {
        long hour = Duration.ofHours(1).toMillis();
        now.set(now.get() / hour * hour + hour - 10_000);
        String token = addresses.seal(grant(Duration.ofSeconds(60)));
        now.addAndGet(20_000);
        assertThat(addresses.open(token)).isPresent();
        String next = addresses.seal(grant(Duration.ofSeconds(60)));
        byte[] first = Base64.getUrlDecoder().decode(token);
        byte[] second = Base64.getUrlDecoder().decode(next);
        assertThat(second[4]).as("the key's hour").isNotEqualTo(first[4]);
        first[4] = second[4];
        String moved = Base64.getUrlEncoder().withoutPadding().encodeToString(first);
        assertThat(addresses.open(moved)).as("under another hour's key").isEmpty();
    }
}
