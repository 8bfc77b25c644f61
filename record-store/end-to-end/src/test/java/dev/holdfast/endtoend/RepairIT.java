package dev.holdfast.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.wire.WireJson;
import dev.holdfast.testing.process.Device;
import dev.holdfast.testing.process.Folders;
import dev.holdfast.testing.process.Installation;
import dev.holdfast.testing.process.RunningProcess;
import dev.holdfast.testing.process.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** Damage under a running server, as an operator meets it. */
class RepairIT {
    private static final Duration COMMAND_LIMIT = Duration.ofMinutes(2);
    private static final Duration SCRUB_LIMIT = Duration.ofMinutes(1);
    private static final Duration HEAL_LIMIT = Duration.ofMinutes(3);
    private static final int CHECKSUM_HEADER_BYTES = 7;
    private static final int CHECKSUM_UNIT = 512;

    @Test
    void oneBadReplicaOfThreeIsFoundMendedAndTheFileNeverMissed() throws IOException {
        try (Lab lab = new Lab("repair-replica")) {
            ServerProcess server = settled(lab, "--datanodes", "3", "--replication", "3");
            Lab.Pair devices = pair(lab, server);
            byte[] victim = Lab.bytes(7, 200_000);
            Lab.write(devices.a().folder().resolve("victim"), victim);
            devices.a().runOnce();
            ServerProcess again = sealed(lab, server, "--datanodes", "3", "--replication", "3");
            List<Path> replicas = holding(again.data(), victim);
            assertThat(replicas).hasSize(3);
            flip(replicas.getFirst(), victim);

            Installation.Finished dry = repair(lab, again, 4, "scrub", "--all-replicas", "--json");
            JsonNode found = line(dry);
            assertThat(found.get("cause").asText()).isEqualTo("bad_replica");
            assertThat(found.get("outcome").asText()).isEqualTo("would_repair");
            assertThat(found.get("files").get(0).get("path").asText()).isEqualTo("/victim");

            Installation.Finished applied =
                    repair(lab, again, 3, "scrub", "--all-replicas", "--apply", "--json");
            assertThat(line(applied).get("outcome").asText()).isEqualTo("repaired");
            repair(lab, again, 0, "scrub", "--all-replicas", "--apply");
            assertThat(again.metric("holdfast_chunks_lost ")).isZero();
            devices.b().runOnce();
            assertThat(Files.readAllBytes(devices.b().folder().resolve("victim")))
                    .isEqualTo(victim);
            again.stop();
        }
    }

    @Test
    void aLostChunkIsReportedAndComesBackWithAnybodysUploadOfTheSameBytes() throws IOException {
        try (Lab lab = new Lab("repair-lost")) {
            ServerProcess server = settled(lab);
            Lab.Pair devices = pair(lab, server);
            byte[] victim = Lab.bytes(8, 150_000);
            Lab.write(devices.a().folder().resolve("kept/victim"), victim);
            devices.a().runOnce();
            ServerProcess again = sealed(lab, server);
            List<Path> replicas = holding(again.data(), victim);
            assertThat(replicas).hasSize(1);
            flip(replicas.getFirst(), victim);

            Installation.Finished scrub = repair(lab, again, 4, "scrub", "--apply", "--json");
            JsonNode found = line(scrub);
            assertThat(found.get("cause").asText()).isEqualTo("lost");
            assertThat(found.get("files").get(0).get("path").asText()).isEqualTo("/kept/victim");
            assertThat(again.metric("holdfast_chunks_lost ")).isEqualTo(1);
            Installation.Finished report = repair(lab, again, 4, "report", job(scrub));
            assertThat(report.text()).contains("/kept/victim").contains("lost");
            Installation.Finished inspected =
                    run(lab, again, 4, "chunk", "inspect", found.get("pack").asText(), "--read");
            assertThat(inspected.text()).contains(found.get("hash").asText()).contains("BAD");

            // Somebody else, who has nothing to do with the first account.
            Device stranger =
                    Device.link(
                            lab.installation(),
                            lab.path("stranger"),
                            again.url(),
                            again.addAccount("bob"),
                            "stranger");
            Lab.write(stranger.folder().resolve("mine"), victim);
            stranger.runOnce();
            assertThat(again.metric("holdfast_chunks_lost ")).isZero();
            repair(lab, again, 0, "scrub", "--apply");
            devices.b().runOnce();
            assertThat(Files.readAllBytes(devices.b().folder().resolve("kept/victim")))
                    .isEqualTo(victim);
            again.stop();
        }
    }

    /**
     * Nobody runs a command: a read that fails brings the scrub forward, which finds the loss, and
     * the server asks for the bytes through the feed; a device that waits there has them.
     */
    @Test
    void aLostChunkIsHealedByASecondDeviceThatStillHasTheFileWithNobodyDoingAnything()
            throws IOException {
        try (Lab lab = new Lab("repair-asked")) {
            ServerProcess server = settled(lab);
            Lab.Pair devices = pair(lab, server);
            byte[] small = Lab.bytes(9, 150_000);
            byte[] large = Lab.bytes(10, 3_000_000);
            Lab.write(devices.a().folder().resolve("kept/small"), small);
            Lab.write(devices.a().folder().resolve("kept/large"), large);
            devices.a().runOnce();
            devices.b().runOnce();
            ServerProcess again = sealed(lab, server);
            Device third =
                    Device.link(
                            lab.installation(),
                            lab.path("third"),
                            again.url(),
                            again.newCode("ada"),
                            "third");
            flip(holding(again.data(), small).getFirst(), small);
            flip(holding(again.data(), large).getFirst(), large);
            try (RunningProcess _ = devices.b().run()) {
                Lab.await(
                        "the third device gets both files whole",
                        HEAL_LIMIT,
                        () -> {
                            third.tryRunOnce();
                            return holds(third, "kept/small", small)
                                    && holds(third, "kept/large", large);
                        });
            }
            assertThat(again.metric("holdfast_chunks_lost ")).isZero();
            repair(lab, again, 0, "scrub", "--all-replicas");
            again.stop();
        }
    }

    /** A repair job goes on where it was, beside uploads, a collection and its compaction. */
    @Test
    void aRepairJobSurvivesKillsOfTheServerBesideUploadsAndACollection() throws IOException {
        try (Lab lab = new Lab("repair-kill")) {
            // A collection that waits for readers and lost workers as long as it does by default
            // would wait
            // for nothing else here.
            String[] three = {
                "--datanodes",
                "3",
                "--replication",
                "3",
                "--gc-readers-wait",
                "2s",
                "--gc-lease",
                "5s"
            };
            ServerProcess server = settled(lab, three);
            Lab.Pair devices = pair(lab, server);
            Path folder = devices.a().folder();
            List<byte[]> victims = new ArrayList<>();
            for (int batch = 0; batch < 3; batch++) {
                for (int i = 0; i < 6; i++) {
                    byte[] bytes = Lab.bytes(100 * batch + i, 300_000);
                    Lab.write(folder.resolve((i < 4 ? "drop" : "keep") + batch + i), bytes);
                    if (i == 5) {
                        victims.add(bytes);
                    }
                }
                devices.a().runOnce();
                server = sealed(lab, server, three);
            }
            for (byte[] victim : victims) {
                flip(holding(server.data(), victim).getFirst(), victim);
            }
            for (int batch = 0; batch < 3; batch++) {
                for (int i = 0; i < 4; i++) {
                    Files.delete(folder.resolve("drop" + batch + i));
                }
            }
            String job =
                    repair(
                                    lab,
                                    server,
                                    0,
                                    "scrub",
                                    "--all-replicas",
                                    "--apply",
                                    "--bytes-per-second",
                                    "1M",
                                    "--detach")
                            .out()
                            .getFirst();
            try (RunningProcess _ = devices.a().run()) {
                for (int kill = 0; kill < 2; kill++) {
                    collect(lab, server, "--detach");
                    Lab.write(folder.resolve("later" + kill), Lab.bytes(500 + kill, 200_000));
                    server.kill();
                    server = server.restart(three);
                    lab.closing(server);
                }
                Garbage.awaitDone(server, job);
            }
            collect(lab, server);
            devices.a().runOnce();
            Installation.Finished after = run(lab, server, "repair", "scrub", "--all-replicas");
            assertThat(after.exitCode()).as(after.description()).isZero();
            assertThat(server.metric("holdfast_chunks_lost ")).isZero();
            devices.b().runOnce();
            Lab.assertEqualFolders(folder, devices.b().folder());
            server.stop();
        }
    }

    private static void collect(Lab lab, ServerProcess server, String... more) {
        List<String> words = new ArrayList<>(List.of("gc", "run", "--delete", "--now"));
        words.add("--purge-trash");
        words.addAll(List.of(more));
        run(lab, server, words.toArray(String[]::new));
    }

    private static boolean holds(Device device, String path, byte[] bytes) {
        try {
            Path file = device.folder().resolve(path);
            return Files.exists(file) && Arrays.equals(Files.readAllBytes(file), bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ServerProcess settled(Lab lab, String... more) {
        return lab.server("data", more);
    }

    private static Lab.Pair pair(Lab lab, ServerProcess server) {
        return lab.pair(server, "ada");
    }

    /**
     * The server once more, with its packs sealed and read once by its own scrub, so that what is
     * damaged from here on is found by whom the test asks.
     */
    private static ServerProcess sealed(Lab lab, ServerProcess server, String... more) {
        server.stop();
        ServerProcess again = server.restart(more);
        lab.closing(again);
        Lab.await(
                "the server reads what it has sealed",
                SCRUB_LIMIT,
                () -> again.metric("holdfast_scrub_scanned_bytes_total ") > 100_000);
        return again;
    }

    private static Installation.Finished repair(
            Lab lab, ServerProcess server, int exitCode, String... words) {
        List<String> all = new ArrayList<>(List.of("repair"));
        all.addAll(List.of(words));
        return run(lab, server, exitCode, all.toArray(String[]::new));
    }

    private static Installation.Finished run(
            Lab lab, ServerProcess server, int exitCode, String... words) {
        return run(lab, server, words).expect(exitCode);
    }

    private static Installation.Finished run(Lab lab, ServerProcess server, String... words) {
        List<String> all = new ArrayList<>(List.of(words));
        all.addAll(List.of("--url", server.adminUrl(), "--data", server.data().toString()));
        return lab.installation().run(COMMAND_LIMIT, all.toArray(String[]::new));
    }

    private static JsonNode line(Installation.Finished finished) throws IOException {
        assertThat(finished.out()).as(finished.description()).hasSize(1);
        return WireJson.mapper().readTree(finished.out().getFirst());
    }

    /** The job that a command named while it waited. */
    private static String job(Installation.Finished finished) {
        return finished.err().stream()
                .filter(line -> line.startsWith("job "))
                .map(line -> line.substring("job ".length()))
                .findFirst()
                .orElseThrow();
    }

    private static List<Path> holding(Path data, byte[] wanted) throws IOException {
        List<Path> found = new ArrayList<>();
        for (Path file : List.copyOf(Folders.list(data.resolve("hdfs")).values())) {
            String name = file.getFileName().toString();
            if (name.startsWith("blk_")
                    && !name.endsWith(".meta")
                    && indexOf(Files.readAllBytes(file), Arrays.copyOf(wanted, 64)) >= 0) {
                found.add(file);
            }
        }
        return found;
    }

    /** Flips a byte and makes HDFS's checksum agree. */
    private static void flip(Path replica, byte[] chunk) throws IOException {
        byte[] block = Files.readAllBytes(replica);
        int at = indexOf(block, Arrays.copyOf(chunk, 64)) + Math.min(chunk.length / 2, 100_000);
        block[at] ^= 1;
        Files.write(replica, block);
        Path meta;
        try (var siblings = Files.list(replica.resolveSibling("."))) {
            meta =
                    siblings.filter(path ->
                                    path.getFileName()
                                            .toString()
                                            .matches(replica.getFileName() + "_\\d+\\.meta"))
                            .findFirst()
                            .orElseThrow();
        }
        ByteBuffer checksums = ByteBuffer.wrap(Files.readAllBytes(meta));
        int unit = at / CHECKSUM_UNIT;
        CRC32C crc = new CRC32C();
        crc.update(
                block,
                unit * CHECKSUM_UNIT,
                Math.min(CHECKSUM_UNIT, block.length - unit * CHECKSUM_UNIT));
        checksums.putInt(CHECKSUM_HEADER_BYTES + 4 * unit, (int) crc.getValue());
        Files.write(meta, checksums.array());
    }

    private static int indexOf(byte[] haystack, byte[] needle) {
        for (int at = 0; at + needle.length <= haystack.length; at++) {
            if (Arrays.mismatch(haystack, at, at + needle.length, needle, 0, needle.length) < 0) {
                return at;
            }
        }
        return -1;
    }
}
