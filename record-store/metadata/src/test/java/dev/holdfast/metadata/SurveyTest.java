package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.PolicyHold.Kind;
import dev.holdfast.metadata.PolicyHold.Rule;
import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.RetentionPolicy;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a survey says that policies keep is what they keep. */
class SurveyTest {
    private static final long DAY = Duration.ofDays(1).toMillis();
    private static final int ROWS = 10_000;

    private final TestCell cell = new TestCell(75);
    private final TestDevice ada = cell.account("ada");

    @AfterEach
    void close() {
        cell.close();
    }

    private void policy(int days, int count, int dailyAfter, int trash) {
        RetentionPolicy policy = new RetentionPolicy(days, count, dailyAfter, trash);
        ok(cell.store.namespaces().setRetention(ada.caller, ada.ns, policy));
    }

    private long now() {
        return cell.config.clock().millis();
    }

    private List<PolicyHold> of(Kind kind, boolean all) {
        return cell.store.upkeep().survey(all, ROWS).holds().stream()
                .filter(hold -> hold.rule().kind() == kind)
                .toList();
    }

    private void work() {
        int steps = 1;
        for (int i = 0; i < 1_000 && steps > 0; i++) {
            steps = cell.store.upkeep().retain(10) + cell.store.upkeep().runJobs(10);
        }
        assertThat(steps).isZero();
    }

    @Test
    void trashIsCountedWithWhatLiesBelowItAndUntilTheOldestLeaves() {
        policy(0, 0, 0, 30);
        NodeState folder = ada.folder(ada.root, "d");
        NodeState inner = ada.folder(folder.node(), "e");
        ada.file(folder.node(), "f", "12345");
        ada.file(inner.node(), "g", "1234567");
        ada.file(ada.root, "alive", "123456789");
        ada.done(ada.trashFolder(folder.node(), ada.head()));
        long first = now();
        cell.pass(Duration.ofDays(3));
        NodeState later = ada.file(ada.root, "h", "123");
        ada.done(ada.trashFolder(ada.folder(ada.root, "empty").node(), ada.head()));
        ada.done(new Op.Trash(ada.next(), later.node(), later.contentRev(), null));
        assertThat(of(Kind.TRASH, false))
                .containsExactly(
                        new PolicyHold(
                                Rule.TRASH_DAYS,
                                30,
                                false,
                                3,
                                15,
                                OptionalLong.of(first + 30 * DAY)));
        assertThat(of(Kind.TRASH, true))
                .containsExactly(
                        new PolicyHold(Rule.TRASH_ORDERED, 0, true, 3, 15, OptionalLong.empty()));
    }

    @Test
    void trashThatIsDueIsSaidToGoAndGoes() {
        policy(0, 0, 0, 5);
        NodeState file = ada.file(ada.root, "f", "12345");
        ada.done(new Op.Trash(ada.next(), file.node(), file.contentRev(), null));
        cell.pass(Duration.ofDays(5));
        assertThat(of(Kind.TRASH, false))
                .singleElement()
                .matches(hold -> hold.due() && hold.items() == 1);
        policy(0, 0, 0, 0);
        assertThat(of(Kind.TRASH, false))
                .singleElement()
                .matches(hold -> hold.rule() == Rule.TRASH_FOREVER && !hold.due());
        policy(0, 0, 0, 5);
        work();
        assertThat(of(Kind.TRASH, false)).isEmpty();
    }

    @Test
    void oldVersionsAreToldByTheRuleThatKeepsThem() {
        policy(20, 0, 10, 0);
        NodeState file = ada.file(ada.root, "f", "1");
        cell.pass(Duration.ofHours(1));
        ada.done(ada.put(file.node(), 1, "22"));
        cell.pass(Duration.ofDays(1));
        ada.done(ada.put(file.node(), 2, "333"));
        long second = now();
        cell.pass(Duration.ofDays(10));
        ada.done(ada.put(file.node(), 3, "4444"));
        long third = now();
        assertThat(of(Kind.OLD_VERSIONS, false))
                .containsExactlyInAnyOrder(
                        new PolicyHold(Rule.VERSION_DAILY, 10, true, 1, 1, OptionalLong.empty()),
                        new PolicyHold(
                                Rule.VERSION_DAILY,
                                10,
                                false,
                                1,
                                2,
                                OptionalLong.of(second + 20 * DAY)),
                        new PolicyHold(
                                Rule.VERSION_DAYS,
                                20,
                                false,
                                1,
                                3,
                                OptionalLong.of(third + 20 * DAY)));
        work();
        assertThat(of(Kind.OLD_VERSIONS, false)).hasSize(2).noneMatch(PolicyHold::due);
        assertThat(of(Kind.OLD_VERSIONS, true))
                .singleElement()
                .matches(hold -> hold.rule() == Rule.VERSION_ORDERED && hold.bytes() == 5);
        policy(0, 7, 0, 0);
        assertThat(of(Kind.OLD_VERSIONS, false))
                .containsExactly(
                        new PolicyHold(Rule.VERSION_COUNT, 7, false, 2, 5, OptionalLong.empty()));
        policy(0, 0, 0, 0);
        assertThat(of(Kind.OLD_VERSIONS, false))
                .extracting(PolicyHold::rule)
                .containsExactly(Rule.VERSION_FOREVER);
    }

    @Test
    void anUploadKeepsWhatNoFileNamesYet() {
        ada.file(ada.root, "f", "12345");
        assertThat(of(Kind.UPLOADS, false)).isEmpty();
        ada.content("123", "4567");
        long leaves = now() + cell.config.uploadLease().toMillis();
        assertThat(of(Kind.UPLOADS, false))
                .containsExactly(
                        new PolicyHold(Rule.UPLOAD_LEASE, 0, false, 1, 7, OptionalLong.of(leaves)));
    }

    @Test
    void pagesAddUpAndALimitIsSaid() {
        policy(0, 0, 0, 30);
        NodeState folder = ada.folder(ada.root, "d");
        for (int i = 0; i < 510; i++) {
            ada.file(folder.node(), "f" + i, "1");
        }
        ada.done(ada.trashFolder(folder.node(), ada.head()));
        assertThat(of(Kind.TRASH, false)).singleElement().matches(hold -> hold.items() == 510);
        assertThat(cell.store.upkeep().survey(false, ROWS).incomplete()).isEmpty();
        PolicySurvey some = cell.store.upkeep().survey(false, 100);
        assertThat(some.incomplete()).contains(Kind.TRASH);
        assertThat(some.holds())
                .filteredOn(hold -> hold.rule().kind() == Kind.TRASH)
                .singleElement()
                .matches(hold -> hold.items() == 99);
    }
}
