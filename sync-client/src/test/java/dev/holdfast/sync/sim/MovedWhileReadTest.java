package dev.holdfast.sync.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A folder that is moved between the reading of its old place and of its new one. */
class MovedWhileReadTest {
    private final Simulation simulation = Simulation.calm(6);
    private final SimDevice one = simulation.devices.get(0);
    private final SimDevice other = simulation.devices.get(1);

    private void file(String path) {
        SimInode file = one.disk.create(NodeKind.FILE);
        file.bytes = ("text of " + path).getBytes(StandardCharsets.UTF_8);
        one.disk.link(path, file);
    }

    @BeforeEach
    void plant() throws IOException {
        for (String folder : new String[] {"one", "one/moved", "two", "two/moved"}) {
            one.disk.link(folder, one.disk.create(NodeKind.FOLDER));
        }
        file("one/moved/old");
        file("two/moved/old");
        simulation.clock.advanceMillis(70_000);
        one.follow();
        one.follow();
        file("one/new");
        file("two/new");
        simulation.clock.advanceMillis(70_000);
    }

    private void moveBefore(String read, String from, String to) {
        one.disk.beforeList =
                folder -> {
                    if (folder.equals(read)) {
                        one.disk.beforeList = ignored -> {};
                        one.disk.link(to, Objects.requireNonNull(one.disk.unlink(from)));
                    }
                };
    }

    private void assertMoved() throws IOException {
        other.sync();
        assertThat(other.picture()).isEqualTo(one.picture());
        assertThat(one.picture().keySet()).anyMatch(path -> path.endsWith("/came/old"));
        for (NodeState node : simulation.server.all()) {
            assertThat(node.trashed()).as(node.name()).isFalse();
        }
        assertThat(simulation.server.all())
                .filteredOn(node -> node.name().equals("old"))
                .hasSize(2);
    }

    @Test
    void whatTheWatcherNamesIsReadAgainAndTheFolderIsOneThatMoved() throws IOException {
        moveBefore("two", "one/moved", "two/came");
        one.follow();
        one.follow();
        assertMoved();
    }

    /** What is deeper is read later, and of two neighbours the second one first. */
    @Test
    void soItIsWhenAllIsRead() throws IOException {
        moveBefore("one/moved", "two/moved", "one/moved/came");
        one.sync();
        one.sync();
        assertMoved();
    }

    private void exchangeBefore(String read, String with) {
        one.disk.beforeList =
                folder -> {
                    if (folder.equals(read)) {
                        one.disk.beforeList = ignored -> {};
                        SimInode first = Objects.requireNonNull(one.disk.unlink(read));
                        one.disk.link(read, Objects.requireNonNull(one.disk.unlink(with)));
                        one.disk.link(with, first);
                    }
                };
    }

    private void assertExchanged() throws IOException {
        other.sync();
        assertThat(other.picture()).isEqualTo(one.picture()).hasSize(8);
        for (NodeState node : simulation.server.all()) {
            assertThat(node.trashed()).as(node.name()).isFalse();
            assertThat(node.contentRev()).as(node.name()).isLessThanOrEqualTo(1);
        }
        assertThat(simulation.server.all()).hasSize(8);
    }

    @Test
    void whatAnotherFolderHoldsThatHasItsPlaceIsNotTakenForWhatItHolds() throws IOException {
        exchangeBefore("one", "two/moved");
        one.follow();
        one.follow();
        assertExchanged();
    }

    @Test
    void norWhenAllIsRead() throws IOException {
        exchangeBefore("two/moved", "one/moved");
        one.sync();
        one.sync();
        assertExchanged();
    }
}
