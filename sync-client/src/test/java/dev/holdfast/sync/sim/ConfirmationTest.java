package dev.holdfast.sync.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.wire.NodeKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Many deletes: who is asked, and who is not asked again. */
class ConfirmationTest {
    private static final int LIMIT = 5;
    private static final int FILES = 10;

    private final SimClock clock = new SimClock();
    private final ModelServer server = new ModelServer(new NamespaceId(new Id128(1, 1)));
    private final SimDevice one = device("one", 1);
    private final SimDevice two = device("two", 2);

    private SimDevice device(String name, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        SimDevice device = new SimDevice(name, server, clock, random, Faults.none(clock));
        device.maxDeletes = LIMIT;
        return device;
    }

    @BeforeEach
    void bothHaveAFolderOfFiles() throws IOException {
        one.disk.link("d", one.disk.create(NodeKind.FOLDER));
        for (int i = 0; i < FILES; i++) {
            one.disk.link(path(i), one.disk.create(NodeKind.FILE));
        }
        clock.advanceMillis(10_000);
        sync(one, two);
        assertThat(two.disk.at(path(9))).isNotNull();
    }

    private static String path(int file) {
        return (file % 2 == 0 ? "f" : "d/f") + file;
    }

    private void sync(SimDevice... devices) throws IOException {
        for (SimDevice device : devices) {
            device.sync();
            clock.advanceMillis(1_000);
        }
    }

    private void deleteAll(SimDevice device) {
        for (int i = 0; i < FILES; i++) {
            assertThat(device.disk.unlink(path(i))).isNotNull();
        }
        assertThat(device.disk.unlink("d")).isNotNull();
        clock.advanceMillis(10_000);
    }

    private long left(SimDevice device) {
        return IntStream.range(0, FILES).filter(file -> device.disk.at(path(file)) != null).count();
    }

    @Test
    void whatWasConfirmedOnOneDeviceGoesOnTheOthersWithoutAQuestion() throws IOException {
        deleteAll(one);
        assertThat(one.sync().heldDeletes()).isEqualTo(FILES);
        sync(two);
        assertThat(left(two)).isEqualTo(FILES);
        one.confirm();
        assertThat(one.sync().heldDeletes()).isZero();
        assertThat(two.sync().heldDeletes()).isZero();
        assertThat(left(two)).isZero();
    }

    @Test
    void aCrashAnywhereOnTheOtherDeviceMakesItAskNobodyEither() throws IOException {
        List<SimDevice> thirds = new ArrayList<>();
        for (int seed = 1; seed <= 20; seed++) {
            Faults crashes = new Faults(clock, new SplittableRandom(seed), 0.1, 0, 0, 0, 0, 0);
            crashes.off();
            SimDevice third =
                    new SimDevice(
                            "three-" + seed, server, clock, new SplittableRandom(seed), crashes);
            third.maxDeletes = LIMIT;
            sync(third);
            thirds.add(third);
        }
        deleteAll(one);
        sync(one);
        one.confirm();
        sync(one);
        for (SimDevice third : thirds) {
            third.faults.on();
            for (int i = 0; i < 200 && left(third) > 0; i++) {
                try {
                    assertThat(third.sync().heldDeletes()).isZero();
                } catch (SimulatedCrash e) {
                    third.died();
                }
            }
            assertThat(left(third)).isZero();
        }
    }

    @Test
    void whatNobodyWasAskedAboutIsHeldOnTheOthers() throws IOException {
        one.maxDeletes = Integer.MAX_VALUE;
        one.died();
        deleteAll(one);
        assertThat(one.sync().heldDeletes()).isZero();
        assertThat(two.sync().heldDeletes()).isEqualTo(FILES);
        assertThat(left(two)).isEqualTo(FILES);
    }
}
