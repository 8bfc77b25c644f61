package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static dev.holdfast.metadata.TestCell.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.DeviceRegistered;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Hashes of secrets, devices linked by them, and the epochs of what is signed. */
class SecretsTest {
    private static final String HASH = "$argon2id$v=19$m=65536,t=3,p=1$c2FsdA$aGFzaA";

    private final TestCell cell = new TestCell(72);
    private final TestDevice ada = cell.account("ada");
    private final Secrets secrets = cell.store.secrets();

    @AfterEach
    void close() {
        cell.close();
    }

    @Test
    void aSecretIsSetReadAndTakenAway() {
        assertThat(secrets.hash("ada")).isEmpty();
        assertThat(secrets.hash("nobody")).isEmpty();
        ok(secrets.setHash("ada", HASH));
        assertThat(secrets.hash("ada")).contains(HASH);
        ok(secrets.setHash("ada", null));
        assertThat(secrets.hash("ada")).isEmpty();
        assertThat(refused(secrets.setHash("nobody", HASH))).isEqualTo(ProblemCode.NOT_FOUND);
        for (String bad : new String[] {"", "a b", "\u00e9", "x".repeat(513)}) {
            assertThat(refused(secrets.setHash("ada", bad))).isEqualTo(ProblemCode.INVALID);
        }
    }

    @Test
    void aDeviceIsLinkedBySecretAndALostAnswerCostsNothing() {
        ok(secrets.setHash("ada", HASH));
        Sha256 token = cell.randomHash();
        DeviceRegistered first = ok(secrets.register("ada", HASH, token, "phone", "linux"));
        assertThat(first.account()).isEqualTo(ada.registered.account());
        assertThat(ok(secrets.register("ada", HASH, token, "phone", "linux"))).isEqualTo(first);
        assertThat(cell.store.accounts().devices()).hasSize(2);
        assertThat(ok(cell.store.namespaces().list(new Caller(token))).namespaces()).hasSize(1);
        assertThat(refused(secrets.register("ada", HASH, token, "a/b", "linux")))
                .isEqualTo(ProblemCode.INVALID);
        assertThat(refused(secrets.register("bob", HASH, cell.randomHash(), "x", "linux")))
                .isEqualTo(ProblemCode.NOT_SIGNED_IN);
        ok(cell.store.accounts().disable("ada"));
        assertThat(refused(secrets.register("ada", HASH, cell.randomHash(), "x", "linux")))
                .isEqualTo(ProblemCode.NOT_SIGNED_IN);
    }

    @Test
    void aSecretThatWasChangedMeanwhileLinksNothing() {
        ok(secrets.setHash("ada", HASH));
        ok(secrets.setHash("ada", HASH + "x"));
        assertThat(refused(secrets.register("ada", HASH, cell.randomHash(), "x", "linux")))
                .isEqualTo(ProblemCode.NOT_SIGNED_IN);
    }

    @Test
    void anEpochEndsWithEachRightThatIsLost() {
        AccessEpochs epochs = cell.store.accessEpochs();
        AccessEpochs.Signer signer = ok(epochs.signer(ada.caller));
        assertThat(signer.device()).isEqualTo(ada.registered.device());
        assertThat(epochs.epoch(signer.account())).hasValue(signer.epoch());
        TestDevice phone = ada.sibling("phone");
        assertThat(epochs.epoch(signer.account())).as("gains nothing").hasValue(signer.epoch());
        ok(cell.store.accounts().revoke(ada.caller, phone.registered.device()));
        assertThat(epochs.epoch(signer.account()).orElseThrow()).isGreaterThan(signer.epoch());
        ok(cell.store.accounts().disable("ada"));
        assertThat(epochs.epoch(signer.account())).isEmpty();
        assertThat(refused(epochs.signer(ada.caller))).isEqualTo(ProblemCode.NOT_SIGNED_IN);
    }
}
