package dev.holdfast.endtoend;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.ChangeKind;
import dev.holdfast.testing.process.Folders;
import dev.holdfast.testing.process.RunningProcess;
import dev.holdfast.testing.process.ServerProcess;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What single changes cost and come to, on one server, each with an account of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChangesIT {
    private static final String STORED = "holdfast_chunk_bytes_total{direction=\"in\"";
    private static final Duration VISIBLE = Duration.ofSeconds(30);

    private final Lab lab = new Lab("changes");
    private final ServerProcess server = lab.server("data");

    @AfterAll
    void stop() {
        try (lab) {
            server.stop();
        }
    }

    @Test
    void aRenamedFolderOfAThousandFilesTransfersNoChunkAndIsOneChange() throws IOException {
        Lab.Pair devices = lab.pair(server, "renamer");
        Path a = devices.a().folder();
        for (int file = 0; file < 1_000; file++) {
            Lab.write(a.resolve("before/f" + file), "file " + file);
        }
        devices.settle();
        Lab.assertEqualFolders(a, devices.b().folder());
        double stored = server.metric(STORED);
        assertThat(stored).as("chunk bytes stored so far").isPositive();
        FeedReader feed = FeedReader.atTheEnd(server, devices.b());
        Object inode = Files.getAttribute(devices.b().folder().resolve("before/f7"), "unix:ino");

        Files.move(a.resolve("before"), a.resolve("after"));
        devices.a().runOnce();
        devices.b().runOnce();

        Lab.assertEqualFolders(a, devices.b().folder());
        assertThat(devices.b().folder().resolve("before")).doesNotExist();
        assertThat(server.metric(STORED) - stored).as("chunk bytes stored").isZero();
        List<ChangeEntry> changes = feed.news();
        assertThat(changes).hasSize(1);
        assertThat(changes.getFirst().kind()).isEqualTo(ChangeKind.MOVED);
        assertThat(Files.getAttribute(devices.b().folder().resolve("after/f7"), "unix:ino"))
                .as("the other device renamed its folder and wrote no file again")
                .isEqualTo(inode);
    }

    @Test
    void concurrentEditsEndAsAConflictCopyOnBothDevices() throws IOException {
        Lab.Pair devices = lab.pair(server, "conflicted");
        Path a = devices.a().folder();
        Path b = devices.b().folder();
        Lab.write(a.resolve("report.txt"), "base");
        devices.settle();
        Lab.write(a.resolve("report.txt"), "edited on a");
        Lab.write(b.resolve("report.txt"), "edited on b, later");
        devices.settle();

        Lab.assertEqualFolders(a, b);
        assertThat(Files.readString(b.resolve("report.txt"))).isEqualTo("edited on a");
        List<Path> copies = conflictCopies(b);
        assertThat(copies).hasSize(1);
        assertThat(copies.getFirst().getFileName().toString())
                .startsWith("report (conflicted copy, ")
                .endsWith(".txt");
        assertThat(Files.readString(copies.getFirst())).isEqualTo("edited on b, later");
    }

    @Test
    void anEditWinsOverADeletion() throws IOException {
        Lab.Pair devices = lab.pair(server, "deleter");
        Path a = devices.a().folder();
        Path b = devices.b().folder();
        Lab.write(a.resolve("folder/kept"), "base");
        Lab.write(a.resolve("folder/gone"), "base");
        devices.settle();
        Folders.delete(a.resolve("folder"));
        Lab.write(b.resolve("folder/kept"), "edited where the other one deletes");
        devices.settle();
        devices.settle();

        Lab.assertEqualFolders(a, b);
        assertThat(Files.readString(a.resolve("folder/kept")))
                .isEqualTo("edited where the other one deletes");
        assertThat(a.resolve("folder/gone")).doesNotExist();
    }

    @Test
    void anInsertionAtTheHeadUploadsOnlyTheChunksThatChanged() throws IOException {
        Lab.Pair devices = lab.pair(server, "inserter");
        Path file = devices.a().folder().resolve("large");
        byte[] body = Lab.bytes(4, 100 << 20);
        Lab.write(file, body);
        devices.settle();
        double stored = server.metric(STORED);

        try (OutputStream out = Files.newOutputStream(file)) {
            out.write("inserted at the head".getBytes(UTF_8));
            out.write(body);
        }
        devices.a().runOnce();
        devices.b().runOnce();

        Lab.assertEqualFolders(devices.a().folder(), devices.b().folder());
        assertThat(server.metric(STORED) - stored)
                .as("chunk bytes stored for an insertion of 20 bytes")
                .isPositive()
                .isLessThanOrEqualTo(3 * (4 << 20));
    }

    @Test
    void runningDevicesSeeEachOthersChanges() throws IOException {
        Lab.Pair devices = lab.pair(server, "live");
        Path a = devices.a().folder();
        Path b = devices.b().folder();
        try (RunningProcess runA = devices.a().run();
                RunningProcess runB = devices.b().run()) {
            Lab.write(a.resolve("from a"), "hello");
            awaitText(b.resolve("from a"), "hello", runB);
            Lab.write(b.resolve("folder/from b"), "hi");
            awaitText(a.resolve("folder/from b"), "hi", runA);
            Files.move(b.resolve("folder"), b.resolve("renamed"));
            awaitText(a.resolve("renamed/from b"), "hi", runA);
            Files.writeString(a.resolve("renamed/from b"), "edited by a");
            awaitText(b.resolve("renamed/from b"), "edited by a", runB);
            Files.delete(a.resolve("from a"));
            Lab.await("deleted on b", VISIBLE, () -> !Files.exists(b.resolve("from a")));
            assertThat(devices.a().tryRunOnce().exitCode())
                    .as("a second client on the same folder")
                    .isEqualTo(11);
            assertThat(runA.terminate(Duration.ofSeconds(20))).isIn(0, 130, 143);
            assertThat(runB.terminate(Duration.ofSeconds(20))).isIn(0, 130, 143);
        }
        devices.settle();
        Lab.assertEqualFolders(a, b);
    }

    @Test
    void promise7ARevokedDeviceIsOutAtItsNextRequest() {
        Lab.Pair devices = lab.pair(server, "revoked");
        devices.settle();
        server.revoke("revoked-b");
        assertThat(devices.b().tryRunOnce().exitCode()).isEqualTo(12);
        devices.a().runOnce();
    }

    private static void awaitText(Path file, String text, RunningProcess process) {
        Lab.await(
                () -> file.getFileName() + " arrives" + process.describe(),
                VISIBLE,
                () -> {
                    try {
                        return Files.exists(file) && Files.readString(file).equals(text);
                    } catch (IOException e) {
                        return false;
                    }
                });
    }

    private static List<Path> conflictCopies(Path folder) throws IOException {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(path -> path.getFileName().toString().contains("conflicted copy"))
                    .toList();
        }
    }
}
