package dev.holdfast.sync.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.wire.NodeKind;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** How often a device asks what has changed: each time costs the server a transaction. */
class AskedOnceTest {
    private final Simulation simulation = Simulation.calm(5);
    private final SimDevice writer = simulation.devices.get(0);
    private final SimDevice other = simulation.devices.get(1);

    private int asked(SimDevice device) throws IOException {
        int before = simulation.server.pagesRead;
        device.follow();
        return simulation.server.pagesRead - before;
    }

    private void write(String path) {
        writer.disk.link(path, writer.disk.create(NodeKind.FILE));
        simulation.clock.advanceMillis(70_000);
    }

    @Test
    void whoOnlyTakesWhatHasComeAsksOnceAndWhoSendsAsksBeforeAndAfter() throws IOException {
        write("first");
        writer.follow();
        other.follow();
        write("second");
        assertThat(asked(writer)).isEqualTo(2);
        assertThat(asked(other)).isEqualTo(1);
        assertThat(other.picture()).containsOnlyKeys("first", "second");
    }
}
