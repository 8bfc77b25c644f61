package dev.holdfast.sync.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.DeviceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.Op;
import dev.holdfast.sync.disk.PlatformRules;
import dev.holdfast.sync.engine.Report;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A device whose disk cannot hold what another one's can: it says so, and deletes nothing. */
class PlatformNamesTest {
    private final Simulation simulation = Simulation.calm(3);
    private final SimDevice linux = simulation.devices.get(0);
    private final SimDevice other = simulation.devices.get(1);

    private void file(String path, String text) {
        SimInode file = linux.disk.create(NodeKind.FILE);
        file.bytes = text.getBytes(StandardCharsets.UTF_8);
        linux.disk.link(path, file);
        simulation.clock.advanceMillis(100);
    }

    private Report syncBoth() throws IOException {
        simulation.clock.advanceMillis(70_000);
        linux.sync();
        Report report = other.sync();
        linux.sync();
        return report;
    }

    private void rename(String from, String to) {
        linux.disk.link(to, Objects.requireNonNull(linux.disk.unlink(from)));
    }

    @Test
    void reservedNamesWaitUntilTheyAreRenamed() throws IOException {
        other.disk.rules = PlatformRules.WINDOWS;
        file("good", "good");
        file("aux.c", "aux");
        linux.disk.link("what?", linux.disk.create(NodeKind.FOLDER));
        file("what?/inside", "inside");
        for (int round = 0; round < 3; round++) {
            Report report = syncBoth();
            assertThat(report.equal()).isTrue();
            assertThat(report.waiting()).containsOnlyKeys("aux.c", "what?");
            assertThat(report.waiting().get("aux.c")).contains("means a device");
            assertThat(report.waiting().get("what?")).contains("contains ?");
        }
        assertThat(other.picture()).containsOnlyKeys("good");
        assertThat(linux.picture()).containsOnlyKeys("good", "aux.c", "what?", "what?/inside");
        rename("aux.c", "auxiliary.c");
        rename("what?", "what");
        assertThat(syncBoth().clean()).isTrue();
        assertThat(other.picture()).isEqualTo(linux.picture());
    }

    @Test
    void twoNamesThatAreOneHereAreNotLaidOverEachOther() throws IOException {
        other.disk.rules = PlatformRules.MACOS;
        file("Readme", "one");
        file("README", "two");
        Report report = syncBoth();
        assertThat(report.waiting()).hasSize(1);
        assertThat(report.waiting().values().iterator().next()).contains("for one");
        assertThat(other.picture()).hasSize(1);
        assertThat(linux.picture()).hasSize(2);
        linux.disk.unlink("Readme");
        syncBoth();
        assertThat(syncBoth().clean()).isTrue();
        assertThat(other.picture()).isEqualTo(linux.picture()).containsOnlyKeys("README");
    }

    @Test
    void aRenameThatChangesOnlyTheCaseGoesThrough() throws IOException {
        other.disk.rules = PlatformRules.MACOS;
        file("readme", "text");
        syncBoth();
        rename("readme", "README");
        assertThat(syncBoth().clean()).isTrue();
        assertThat(other.picture()).containsOnlyKeys("README");
    }

    @Test
    void aRenameToANameThatCannotBeHeldLeavesTheFileUnderItsOldName() throws IOException {
        other.disk.rules = PlatformRules.WINDOWS;
        file("fine", "text");
        syncBoth();
        rename("fine", "not fine:");
        assertThat(syncBoth().waiting()).containsOnlyKeys("fine");
        assertThat(other.picture()).containsOnlyKeys("fine");
        assertThat(linux.picture()).containsOnlyKeys("not fine:");
    }

    /** What no sound server has: taken as it is, such a name would lead out of the folder. */
    @Test
    void aNameThatLeadsElsewhereIsLeftOutAndReported() throws IOException {
        SplittableRandom random = new SplittableRandom(9);
        DeviceId device = DeviceId.random(random);
        NodeId root = NodeId.rootOf(simulation.server.namespace());
        long sequence = 1;
        for (String name : List.of("..", "a/b", "../../etc")) {
            NodeId node = NodeId.random(random);
            simulation.server.apply(device, 1, new Op.CreateFolder(sequence++, node, root, name));
        }
        Report report = linux.sync();
        assertThat(linux.picture()).isEmpty();
        assertThat(report.waiting()).hasSize(3);
        assertThat(report.waiting().values()).allMatch(reason -> reason.contains("left out"));
    }
}
