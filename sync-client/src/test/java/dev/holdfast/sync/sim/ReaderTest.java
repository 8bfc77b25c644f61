package dev.holdfast.sync.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.engine.Report;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** A member who may only read goes on reading, whatever is changed in the folder. */
class ReaderTest {
    private final Simulation simulation = Simulation.calm(4);
    private final SimDevice writer = simulation.devices.get(0);
    private final SimDevice reader = simulation.devices.get(1);

    private void file(SimDevice device, String path) {
        SimInode file = device.disk.create(NodeKind.FILE);
        file.bytes = ("text of " + path).getBytes(StandardCharsets.UTF_8);
        device.disk.link(path, file);
        simulation.clock.advanceMillis(70_000);
    }

    @Test
    void changesOfAReaderWaitAndAreReportedAndNewsStillArrives() throws IOException {
        reader.readsOnly(true);
        file(writer, "from the writer");
        writer.sync();
        reader.sync();
        file(reader, "from the reader");
        reader.disk.link("folder", reader.disk.create(NodeKind.FOLDER));
        Report report = reader.sync();
        assertThat(report.waiting()).containsOnlyKeys("from the reader", "folder");
        assertThat(report.waiting().get("folder")).contains("viewer");
        file(writer, "later");
        writer.sync();
        reader.sync();
        assertThat(reader.picture())
                .containsOnlyKeys("from the writer", "later", "from the reader", "folder");
        assertThat(writer.picture()).containsOnlyKeys("from the writer", "later");

        reader.readsOnly(false);
        simulation.clock.advanceMillis(70_000);
        simulation.rest();
        simulation.check();
        assertThat(writer.picture()).hasSize(4);
    }
}
