package dev.holdfast.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.process.Folders;
import dev.holdfast.testing.process.Installation;
import dev.holdfast.testing.process.RunningProcess;
import dev.holdfast.testing.process.ServerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** {@code holdfast up} where it cannot start: a clear error, the right exit code, no harm done. */
class StartIT {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int FAILED = 1;
    private static final int USAGE = 2;
    private static final int LOCKED = 11;

    @Test
    void aNewcomerIsToldWhatToDoNextAndARestartFindsTheAccount() {
        try (Lab lab = new Lab("newcomer")) {
            ServerProcess server = lab.server("data");
            // The last line of all; the two outputs come here independently of each other.
            server.process().awaitErr(line -> line.contains("holdfast sync link "), LIMIT);
            String told = String.join("\n", server.process().err());
            assertThat(told)
                    .contains(server.data().toString())
                    .contains("holdfast admin account add")
                    .contains("holdfast sync link " + server.url());
            assertThat(server.process().out()).containsExactly("ready " + server.url());
            server.addAccount("ada");
            server.stop();
            ServerProcess again = lab.restart(server);
            assertThat(again.url()).isEqualTo(server.url());
            again.newCode("ada");
            again.stop();
            assertThat(String.join("\n", again.process().err())).doesNotContain("account add");
        }
    }

    @Test
    void aSecondServerOnTheSameDataIsRefused() {
        try (Lab lab = new Lab("second")) {
            ServerProcess server = lab.server("data");
            Installation.Finished second = up(lab, server.data());
            refusal(second, LOCKED).contains(server.data().toString());
            server.addAccount("still-serving");
            server.stop();
        }
    }

    @Test
    void aPortInUseIsRefusedBeforeAnythingIsMade() throws IOException {
        try (Lab lab = new Lab("port");
                ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Path data = lab.path("data");
            String address = "127.0.0.1:" + taken.getLocalPort();
            refusal(up(lab, data, address), FAILED).contains(address);
            assertThat(data.resolve("metadata")).doesNotExist();
            assertThat(data.resolve("hdfs")).doesNotExist();
        }
    }

    @Test
    void aDirectoryThatCannotBeWrittenIsRefused() {
        try (Lab lab = new Lab("unwritable")) {
            Lab.write(lab.path("file"), "not a directory");
            refusal(up(lab, lab.path("file/data")), FAILED).contains("file/data");
            assertThat(lab.path("file")).hasContent("not a directory");
        }
    }

    @Test
    void wrongUsageIsRefused() {
        try (Lab lab = new Lab("usage")) {
            refusal(lab.installation().run(LIMIT, "up", "--listen", "nonsense"), USAGE)
                    .contains("--listen");
            refusal(lab.installation().run(LIMIT, "up", "--no-such-option"), USAGE)
                    .contains("--no-such-option");
            refusal(lab.installation().run(LIMIT, "no-such-command"), USAGE)
                    .contains("no-such-command");
        }
    }

    @Test
    void aDamagedDataDirectoryIsRefusedAndLeftAsItIs() throws IOException {
        try (Lab lab = new Lab("damaged")) {
            ServerProcess server = lab.server("data");
            server.addAccount("ada");
            server.stop();
            Path victim =
                    Folders.list(server.data().resolve("metadata")).entrySet().stream()
                            .filter(entry -> entry.getKey().contains("MANIFEST"))
                            .map(Map.Entry::getValue)
                            .findFirst()
                            .orElseThrow();
            byte[] manifest = Files.readAllBytes(victim);
            byte[] broken = manifest.clone();
            for (int at = 0; at < Math.min(64, broken.length); at++) {
                broken[at] ^= 0x55;
            }
            Files.write(victim, broken);
            Map<String, Long> before = sizes(server.data().resolve("hdfs"));

            refusal(up(lab, server.data()), FAILED).contains("damaged");

            assertThat(victim).hasBinaryContent(broken);
            assertThat(sizes(server.data().resolve("hdfs"))).containsAllEntriesOf(before);
            Files.write(victim, manifest);
            ServerProcess again = lab.restart(server);
            again.newCode("ada");
            again.stop();
        }
    }

    @Test
    void aFullDiskIsRefusedAndServesAgainWhenSpaceReturns() throws IOException {
        try (Lab lab = new Lab("full-disk")) {
            Path disk = lab.path("disk");
            Files.createDirectories(disk);
            Assumptions.assumeTrue(
                    mount(disk),
                    "SKIPPED: a full disk cannot be tried, mounting a small tmpfs is not allowed here");
            lab.closing(() -> command(List.of("umount", disk.toString())));
            Path ballast = disk.resolve("ballast");
            for (int mebibytes = 0; mebibytes < 512; mebibytes += 16) {
                Files.write(
                        ballast,
                        new byte[16 << 20],
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
            }
            refusal(up(lab, disk.resolve("data")), FAILED).containsIgnoringCase("space");
            Files.delete(ballast);
            ServerProcess server = lab.server("disk/data");
            server.addAccount("ada");
            server.stop();
        }
    }

    private static boolean mount(Path disk) {
        return command(
                        List.of(
                                "mount",
                                "-t",
                                "tmpfs",
                                "-o",
                                "size=1100m",
                                "tmpfs",
                                disk.toString()))
                == 0;
    }

    private static int command(List<String> words) {
        try (RunningProcess process = RunningProcess.start(words, null, Map.of())) {
            return process.awaitExit(LIMIT);
        }
    }

    private static Installation.Finished up(Lab lab, Path data) {
        return up(lab, data, "127.0.0.1:0");
    }

    private static Installation.Finished up(Lab lab, Path data, String listen) {
        return lab.installation()
                .run(
                        LIMIT,
                        "up",
                        "--data",
                        data.toString(),
                        "--listen",
                        listen,
                        "--admin-listen",
                        "127.0.0.1:0");
    }

    /** A refusal is a sentence for a person: on standard error, without a stack trace. */
    private static AbstractStringAssert<?> refusal(Installation.Finished finished, int exitCode) {
        assertThat(finished.exitCode()).as(finished.description()).isEqualTo(exitCode);
        assertThat(finished.out()).isEmpty();
        String told = String.join("\n", finished.err());
        assertThat(told).doesNotContain("\tat ").doesNotContain("Exception");
        return assertThat(told);
    }

    private static Map<String, Long> sizes(Path folder) throws IOException {
        Map<String, Long> sizes = new HashMap<>();
        for (Map.Entry<String, Path> entry : Folders.list(folder).entrySet()) {
            if (entry.getKey().contains("blk_")) {
                sizes.put(entry.getKey(), Files.size(entry.getValue()));
            }
        }
        return sizes;
    }
}
