package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static dev.holdfast.metadata.TestCell.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.DeviceId;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.DeviceRegistered;
import dev.holdfast.model.wire.DeviceRegistration;
import dev.holdfast.model.wire.LinkCode;
import dev.holdfast.model.wire.NamespaceState;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who gets in, and who is out at once. */
class AccountsTest {
    private final TestCell cell = new TestCell(7);

    @AfterEach
    void close() {
        cell.close();
    }

    private DeviceRegistration registration(String code, Sha256 token) {
        return new DeviceRegistration(code, token, "my laptop", "linux");
    }

    @Test
    void aLinkCodeHasFiftyBitsAndLinksOnce() {
        LinkCode code = ok(cell.store.accounts().create("ada", 0));
        assertThat(code.code()).matches("[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}");
        Sha256 token = cell.randomHash();
        DeviceRegistered first =
                ok(cell.store.accounts().register(registration(code.code(), token)));
        assertThat(first.accountName()).isEqualTo("ada");
        assertThat(first.cell()).isEqualTo(cell.store.cellId());
        assertThat(first.namespaces()).hasSize(1);

        String typed = code.code().toLowerCase(Locale.ROOT).replace("-", " ");
        assertThat(ok(cell.store.accounts().register(registration(typed, token))))
                .as("the same code and token answer alike")
                .isEqualTo(first);
        assertThat(
                        refused(
                                cell.store
                                        .accounts()
                                        .register(registration(code.code(), cell.randomHash()))))
                .isEqualTo(ProblemCode.NOT_SIGNED_IN);
        assertThat(cell.store.accounts().devices()).hasSize(1);
    }

    @Test
    void aLinkCodeExpires() {
        LinkCode code = ok(cell.store.accounts().create("ada", 0));
        cell.pass(Duration.ofMinutes(15));
        assertThat(
                        refused(
                                cell.store
                                        .accounts()
                                        .register(registration(code.code(), cell.randomHash()))))
                .isEqualTo(ProblemCode.NOT_SIGNED_IN);
        LinkCode another = ok(cell.store.accounts().newLinkCode("ada"));
        ok(cell.store.accounts().register(registration(another.code(), cell.randomHash())));
    }

    @Test
    void aTokenIsNotLinkedTwice() {
        TestDevice device = cell.account("ada");
        LinkCode code = ok(cell.store.accounts().newLinkCode(device.caller));
        assertThat(
                        refused(
                                cell.store
                                        .accounts()
                                        .register(
                                                registration(
                                                        code.code(), device.caller.tokenHash()))))
                .isEqualTo(ProblemCode.ID_REUSED);
    }

    @Test
    void badNamesAreRefused() {
        for (String name : new String[] {"", " ", "a/b", "a b", "x".repeat(65), "tab\t"}) {
            assertThat(refused(cell.store.accounts().create(name, 0)))
                    .as(name)
                    .isEqualTo(ProblemCode.INVALID);
        }
        ok(cell.store.accounts().create("ada", 0));
        assertThat(refused(cell.store.accounts().create("ada", 0)))
                .isEqualTo(ProblemCode.NAME_TAKEN);
        assertThat(refused(cell.store.accounts().newLinkCode("bob")))
                .isEqualTo(ProblemCode.NOT_FOUND);
    }

    @Test
    void aRevokedDeviceIsOutAtOnce() {
        TestDevice laptop = cell.account("ada");
        TestDevice phone = laptop.sibling("phone");
        phone.folder(phone.root, "mine");
        String cursor = phone.head();
        ok(cell.store.accounts().revoke(laptop.caller, phone.registered.device()));

        Op op = new Op.CreateFolder(99, phone.newNode(), phone.root, "late");
        assertThat(
                        refused(
                                cell.store
                                        .nodes()
                                        .apply(
                                                phone.caller,
                                                phone.ns,
                                                new OpBatch(0, List.of(op)))))
                .isEqualTo(ProblemCode.NOT_SIGNED_IN);
        assertThat(refused(cell.store.feed().changes(phone.caller, phone.ns, cursor, 10)))
                .isEqualTo(ProblemCode.NOT_SIGNED_IN);
        assertThat(refused(cell.store.namespaces().list(phone.caller)))
                .isEqualTo(ProblemCode.NOT_SIGNED_IN);
        assertThat(refused(cell.store.uploads().renew(phone.caller, phone.upload0())))
                .isEqualTo(ProblemCode.NOT_SIGNED_IN);
        assertThat(laptop.stat(laptop.root).node()).isEqualTo(laptop.root);
    }

    @Test
    void onlyDevicesOfTheAccountCanBeRevoked() {
        TestDevice ada = cell.account("ada");
        TestDevice bob = cell.account("bob");
        assertThat(refused(cell.store.accounts().revoke(ada.caller, bob.registered.device())))
                .isEqualTo(ProblemCode.NOT_FOUND);
        assertThat(refused(cell.store.accounts().revokeAsAdmin(DeviceId.random(cell.random))))
                .isEqualTo(ProblemCode.NOT_FOUND);
        ok(cell.store.accounts().revokeAsAdmin(bob.registered.device()));
        assertThat(refused(cell.store.namespaces().list(bob.caller)))
                .isEqualTo(ProblemCode.NOT_SIGNED_IN);
    }

    @Test
    void aDisabledAccountIsNotServedUntilItIsEnabled() {
        TestDevice ada = cell.account("ada");
        ok(cell.store.accounts().disable("ada"));
        assertThat(refused(cell.store.namespaces().list(ada.caller)))
                .isEqualTo(ProblemCode.NOT_SIGNED_IN);
        ok(cell.store.accounts().enable("ada"));
        assertThat(ok(cell.store.namespaces().list(ada.caller)).namespaces()).hasSize(1);
    }

    @Test
    void anotherAccountsNamespaceDoesNotExist() {
        TestDevice ada = cell.account("ada");
        TestDevice bob = cell.account("bob");
        assertThat(refused(cell.store.namespaces().get(bob.caller, ada.ns)))
                .isEqualTo(ProblemCode.NOT_FOUND);
        assertThat(
                        refused(
                                cell.store
                                        .namespaces()
                                        .get(bob.caller, NamespaceId.random(cell.random))))
                .isEqualTo(ProblemCode.NOT_FOUND);
        assertThat(refused(cell.store.nodes().stat(bob.caller, ada.ns, ada.root)))
                .isEqualTo(ProblemCode.NOT_FOUND);
    }

    @Test
    void theNamespaceTellsRoleQuotaAndUse() {
        TestDevice ada = cell.device(ok(cell.store.accounts().create("ada", 1_000)), "laptop");
        ada.file(ada.root, "f", "12345", "678");
        NamespaceState state = ok(cell.store.namespaces().get(ada.caller, ada.ns));
        assertThat(state.role()).isEqualTo("owner");
        assertThat(state.kind()).isEqualTo("personal");
        assertThat(state.quotaBytes()).isEqualTo(1_000);
        assertThat(state.usedBytes()).isEqualTo(8);
        assertThat(state.root()).isEqualTo(ada.root);
        assertThat(cell.store.accounts().list().getFirst().usedBytes()).isEqualTo(8);
    }

    @Test
    void anOperatorsListsGoOverAsManyTransactionsAsTheyNeed() {
        try (TestCell many = new TestCell(24)) {
            for (int i = 0; i < 401; i++) {
                ok(many.store.accounts().create("account" + i, 0));
            }
            many.device(ok(many.store.accounts().newLinkCode("account0")), "laptop");
            assertThat(many.store.accounts().list())
                    .extracting(AccountView::name)
                    .doesNotHaveDuplicates()
                    .hasSize(401);
            assertThat(many.store.accounts().devices())
                    .extracting(DeviceView::account)
                    .containsExactly("account0");
        }
    }
}
