package dev.holdfast.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.process.Device;
import dev.holdfast.testing.process.Folders;
import dev.holdfast.testing.process.Installation;
import dev.holdfast.testing.process.ServerProcess;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** Bytes that rot on the disk under HDFS. */
class CorruptionIT {
    /** A block's checksum file: version (2 bytes), checksum type, bytes per checksum, checksums. */
    private static final int CHECKSUM_HEADER_BYTES = 7;

    @Test
    void promise6ACorruptedChunkIsNotDelivered() throws IOException {
        corrupt("corruption", false);
    }

    @Test
    void promise6ACorruptedChunkIsNotDeliveredEvenWhenHdfsBelievesIt() throws IOException {
        corrupt("believed-corruption", true);
    }

    private static void corrupt(String name, boolean fixChecksums) throws IOException {
        try (Lab lab = new Lab(name)) {
            ServerProcess server = lab.server("data");
            Lab.Pair devices = lab.pair(server, "ada");
            byte[] victim = Lab.bytes(7, 200_000);
            Lab.write(devices.a().folder().resolve("victim"), victim);
            Lab.write(devices.a().folder().resolve("bystander"), Lab.bytes(8, 200_000));
            devices.a().runOnce();
            server.stop();
            int damaged = damage(server.data().resolve("hdfs"), victim, fixChecksums);
            assertThat(damaged).as("replicas that held the bytes").isEqualTo(1);

            ServerProcess again = lab.restart(server);
            Device b = devices.b();
            Installation.Finished run = b.tryRunOnce();

            assertThat(run.exitCode()).as(run.description()).isNotZero();
            assertThat(run.text()).contains("victim");
            assertThat(b.folder().resolve("victim")).doesNotExist();
            assertThat(Files.readAllBytes(b.folder().resolve("bystander")))
                    .isEqualTo(Lab.bytes(8, 200_000));
            again.stop();
        }
    }

    /** Flips one byte in the middle of every stored copy of the given bytes. */
    private static int damage(Path hdfs, byte[] wanted, boolean fixChecksums) throws IOException {
        int damaged = 0;
        for (Path file : List.copyOf(Folders.list(hdfs).values())) {
            String name = file.getFileName().toString();
            if (!name.startsWith("blk_") || name.endsWith(".meta")) {
                continue;
            }
            byte[] block = Files.readAllBytes(file);
            int at = indexOf(block, Arrays.copyOf(wanted, 64));
            if (at >= 0) {
                block[at + wanted.length / 2] ^= 1;
                Files.write(file, block);
                if (fixChecksums) {
                    fixChecksums(hdfs, file, block);
                }
                damaged++;
            }
        }
        return damaged;
    }

    private static void fixChecksums(Path hdfs, Path file, byte[] block) throws IOException {
        Path meta =
                Folders.list(hdfs).values().stream()
                        .filter(path ->
                                path.getFileName()
                                        .toString()
                                        .matches(file.getFileName() + "_\\d+\\.meta"))
                        .findFirst()
                        .orElseThrow();
        ByteBuffer checksums = ByteBuffer.wrap(Files.readAllBytes(meta));
        assertThat(checksums.get(2)).as("checksum type CRC32C").isEqualTo((byte) 2);
        int bytesPerChecksum = checksums.getInt(3);
        for (int at = 0, slot = CHECKSUM_HEADER_BYTES; at < block.length; slot += 4) {
            int length = Math.min(bytesPerChecksum, block.length - at);
            CRC32C crc = new CRC32C();
            crc.update(block, at, length);
            checksums.putInt(slot, (int) crc.getValue());
            at += length;
        }
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
