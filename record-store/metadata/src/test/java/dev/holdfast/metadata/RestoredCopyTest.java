package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static dev.holdfast.metadata.TestCell.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.NodeState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A data directory that was restored from a copy must not continue cursors of the lost history. */
class RestoredCopyTest {
    @TempDir Path directory;

    @Test
    void aCursorOfALostHistoryIsResetAndOneOfTheCommonHistoryIsNot() throws IOException {
        Path original = directory.resolve("original");
        Path copy = directory.resolve("copy");
        TestDevice device;
        String common;
        try (TestCell cell =
                new TestCell(3, TestDatabase.of(EmbeddedFoundationDb.open(original)))) {
            device = cell.account("ada");
            device.folder(device.root, "before the copy");
            common = device.head();
        }
        copy(original, copy);
        String lost;
        try (TestCell cell =
                new TestCell(4, TestDatabase.of(EmbeddedFoundationDb.open(original)))) {
            TestDevice again = device.in(cell, 100);
            again.folder(device.root, "after the copy");
            lost = again.head();
        }
        try (TestCell cell = new TestCell(5, TestDatabase.of(EmbeddedFoundationDb.open(copy)))) {
            TestDevice again = device.in(cell, 200);
            assertThat(refused(cell.store.feed().changes(device.caller, device.ns, lost, 10)))
                    .isEqualTo(ProblemCode.CURSOR_RESET);
            again.folder(device.root, "another history");
            assertThat(refused(cell.store.feed().changes(device.caller, device.ns, lost, 10)))
                    .isEqualTo(ProblemCode.CURSOR_RESET);
            assertThat(
                            ok(cell.store.feed().changes(device.caller, device.ns, common, 10))
                                    .entries())
                    .extracting(e -> e.node().name())
                    .containsExactly("another history");
        }
    }

    /** The base is right by its number and wrong by its bytes. */
    @Test
    void anEditOfAVersionThatIsLostDoesNotReplaceTheOneThatHasItsNumberNow() throws IOException {
        Path original = directory.resolve("original");
        Path copy = directory.resolve("copy");
        TestDevice device;
        NodeId file;
        try (TestCell cell =
                new TestCell(6, TestDatabase.of(EmbeddedFoundationDb.open(original)))) {
            device = cell.account("ada");
            file = device.file(device.root, "file", "first").node();
        }
        copy(original, copy);
        String lost;
        try (TestCell cell =
                new TestCell(7, TestDatabase.of(EmbeddedFoundationDb.open(original)))) {
            TestDevice again = device.in(cell, 100);
            assertThat(again.done(again.put(file, 1, "lost")).contentRev()).isEqualTo(2);
            lost = again.head();
        }
        try (TestCell cell = new TestCell(8, TestDatabase.of(EmbeddedFoundationDb.open(copy)))) {
            TestDevice again = device.in(cell, 200);
            NodeState now = again.done(again.put(file, 1, "somebody else's"));
            assertThat(now.contentRev()).isEqualTo(2);
            assertThat(again.codes(lost, again.put(file, 2, "lost, and edited")))
                    .containsExactly(ProblemCode.CURSOR_RESET);
            assertThat(again.node(file)).isEqualTo(now);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }
}
