package dev.holdfast.sync.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.wire.NodeKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** A folder that nobody may read is reported as long as that is so, and what it held is kept. */
class UnreadableFoldersTest {
    private final Simulation simulation = Simulation.calm(5);
    private final SimDevice one = simulation.devices.get(0);
    private final SimDevice other = simulation.devices.get(1);

    private void file(String path) {
        SimInode file = one.disk.create(NodeKind.FILE);
        file.bytes = ("text of " + path).getBytes(StandardCharsets.UTF_8);
        one.disk.link(path, file);
        simulation.clock.advanceMillis(70_000);
    }

    private void lockAndAdd() throws IOException {
        one.disk.link("locked", one.disk.create(NodeKind.FOLDER));
        file("locked/old");
        one.follow();
        one.disk.lock("locked", true);
        file("locked/new");
        assertThat(one.follow().waiting()).containsOnlyKeys("locked");
        other.sync();
        assertThat(other.picture()).containsOnlyKeys("locked", "locked/old");
    }

    @Test
    void itIsReadAgainAsSoonAsThatIsAllowed() throws IOException {
        lockAndAdd();
        one.disk.lock("locked", false);
        assertThat(one.follow().waiting()).isEmpty();
        other.sync();
        assertThat(other.picture()).containsOnlyKeys("locked", "locked/old", "locked/new");
    }

    @Test
    void nothingIsSaidOfItAnyMoreWhenItIsGone() throws IOException {
        lockAndAdd();
        one.disk.unlink("locked");
        assertThat(one.follow().waiting()).isEmpty();
        other.sync();
        assertThat(other.picture()).isEmpty();
    }
}
