package dev.holdfast.sync.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.wire.NodeKind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What a waiting request has brought is not asked for again. */
class HeardTest {
    private final Simulation simulation = Simulation.calm(5);
    private final SimDevice writer = simulation.devices.get(0);
    private final SimDevice other = simulation.devices.get(1);

    private void write(String path) throws IOException {
        SimDisk.Inode file = writer.disk.create(NodeKind.FILE);
        file.bytes = ("text of " + path).getBytes(StandardCharsets.UTF_8);
        writer.disk.link(path, file);
        simulation.clock.advanceMillis(70_000);
        writer.sync();
    }

    private int pagesAskedFor() throws IOException {
        int before = simulation.server.pagesRead;
        other.follow();
        return simulation.server.pagesRead - before;
    }

    @Test
    void anAnswerThatSaysWhatHasHappenedCostsNoFurtherRequest() throws IOException {
        write("first");
        other.follow();
        write("second");
        other.hears();
        assertThat(pagesAskedFor()).isZero();
        assertThat(other.picture()).containsOnlyKeys("first", "second");
    }

    @Test
    void anAnswerToAnEarlierCursorIsNotTaken() throws IOException {
        write("first");
        other.follow();
        write("second");
        other.hears();
        other.sync();
        write("third");
        assertThat(pagesAskedFor()).isOne();
        assertThat(other.picture()).containsOnlyKeys("first", "second", "third");
    }
}
