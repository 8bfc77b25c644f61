package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What operators are told of devices: how far they are behind, and what they ask again. */
class FeedLagTest {
    private static final Duration PRESENT = Duration.ofMinutes(15);

    private final TestCell cell = new TestCell(12);
    private final TestDevice laptop = cell.account("ada");
    private final TestDevice phone = laptop.sibling("phone");

    @AfterEach
    void close() {
        cell.close();
    }

    private void ackAll(TestDevice device) {
        ok(cell.store.feed().ack(device.caller, device.ns, device.head()));
    }

    private void pass(Duration time) {
        cell.nowMillis.addAndGet(time.toMillis());
    }

    private FeedLag lag() {
        return cell.store.feed().lag(PRESENT);
    }

    @Test
    void theOldestChangeThatADeviceHasNotAcknowledgedCounts() {
        ackAll(laptop);
        ackAll(phone);
        assertThat(lag()).isEqualTo(new FeedLag(0, 0));
        laptop.folder(laptop.root, "a");
        pass(Duration.ofMinutes(2));
        laptop.folder(laptop.root, "b");
        pass(Duration.ofMinutes(1));
        assertThat(lag()).isEqualTo(new FeedLag(180_000, 0));
        ackAll(laptop);
        assertThat(lag()).as("the phone is as far behind").isEqualTo(new FeedLag(180_000, 0));
        ackAll(phone);
        assertThat(lag()).isEqualTo(new FeedLag(0, 0));
    }

    @Test
    void aDeviceThatWasNotHeardOfIsAwayAndOneThatIsOutIsNotBehind() {
        ackAll(laptop);
        ackAll(phone);
        laptop.folder(laptop.root, "a");
        pass(Duration.ofHours(1));
        ackAll(laptop);
        assertThat(lag()).isEqualTo(new FeedLag(0, Duration.ofHours(1).toMillis()));
        ok(cell.store.accounts().revoke(laptop.caller, phone.registered.device()));
        assertThat(lag()).isEqualTo(new FeedLag(0, 0));
    }

    @Test
    void whatIsAskedAgainCountsAndWhatIsNewDoesNot() {
        OpBatch batch =
                new OpBatch(
                        1,
                        List.of(
                                new Op.CreateFolder(
                                        laptop.next(), laptop.newNode(), laptop.root, "x"),
                                new Op.CreateFolder(
                                        laptop.next(), laptop.newNode(), laptop.root, "y")));
        ok(cell.store.nodes().apply(laptop.caller, laptop.ns, batch));
        assertThat(cell.store.nodes().replays()).isZero();
        ok(cell.store.nodes().apply(laptop.caller, laptop.ns, batch));
        assertThat(cell.store.nodes().replays()).isEqualTo(2);
    }
}
