package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.TestCell.Read;
import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.Answer;
import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.ChangeKind;
import dev.holdfast.model.wire.ChunkReadRequest;
import dev.holdfast.model.wire.Manifest;
import dev.holdfast.model.wire.NodeState;
import java.util.List;
import org.junit.jupiter.api.Test;

/** From an account to a file another device can read, once through everything. */
class ThinPathTest {
    @Test
    void aFileOfOneDeviceReachesAnother() {
        try (TestCell cell = new TestCell(1)) {
            TestDevice laptop = cell.account("ada");
            TestDevice phone = laptop.sibling("phone");
            assertThat(phone.ns).isEqualTo(laptop.ns);
            String before = phone.head();

            NodeState folder = laptop.folder(laptop.root, "notes");
            NodeState file = laptop.file(folder.node(), "a.txt", "hello", "world");

            Read read = phone.read(before, 1000);
            assertThat(read.entries())
                    .extracting(ChangeEntry::kind)
                    .containsExactly(ChangeKind.CREATED, ChangeKind.CREATED);
            assertThat(read.entries().getLast().node()).isEqualTo(file);
            assertThat(phone.read(null, 1).entries())
                    .extracting(e -> e.node().name())
                    .containsExactlyInAnyOrder("notes", "a.txt");

            Manifest manifest =
                    ok(
                            cell.store
                                    .nodes()
                                    .manifest(phone.caller, phone.ns, file.node(), null, 0, 10));
            assertThat(manifest.chunks())
                    .containsExactly(TestCell.chunk("hello"), TestCell.chunk("world"));
            List<Answer<ChunkToRead>> chunks =
                    ok(
                            cell.store
                                    .nodes()
                                    .chunks(
                                            phone.caller,
                                            phone.ns,
                                            List.of(
                                                    new ChunkReadRequest.Address(
                                                            file.node(), 1, 1))));
            assertThat(ok(chunks.getFirst()).hash()).isEqualTo(TestCell.chunk("world").hash());
            assertThat(ok(cell.store.nodes().byPath(phone.caller, phone.ns, "/notes/a.txt")))
                    .isEqualTo(file);
        }
    }
}
