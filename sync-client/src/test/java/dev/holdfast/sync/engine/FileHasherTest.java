package dev.holdfast.sync.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.ContentHash;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.chunking.FastCdc;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.sync.disk.FolderDisk;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A file's digest is that of its bytes in order, however the work on it is spread. */
class FileHasherTest {
    @TempDir Path folder = Path.of("");

    @ParameterizedTest
    @ValueSource(
            ints = {
                0,
                1,
                FastCdc.MIN_BYTES,
                FastCdc.MIN_BYTES + 1,
                FastCdc.MAX_BYTES,
                2 * FastCdc.MAX_BYTES - 1,
                2 * FastCdc.MAX_BYTES,
                5 * FastCdc.MAX_BYTES + 12_345
            })
    void digestsInOrder(int size) throws Exception {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        Files.write(folder.resolve("file"), bytes);
        List<ChunkRef> expected = new ArrayList<>();
        for (int from = 0; from < size; from += expected.getLast().length()) {
            int length = FastCdc.cut(bytes, from, size);
            expected.add(new ChunkRef(Sha256.hash(ByteBuffer.wrap(bytes, from, length)), length));
        }
        Files.createDirectory(folder.resolve(FolderDisk.OWN_FOLDER));
        Files.writeString(
                folder.resolve(FolderDisk.OWN_FOLDER).resolve(FolderDisk.MARKER), "marker\n");

        try (FolderDisk disk =
                new FolderDisk(folder, "marker", new Random(1), InstantSource.system())) {
            FileDigest digest =
                    Objects.requireNonNull(
                            new FileHasher(disk, InstantSource.system()).digest("file"));

            assertThat(digest.chunks()).isEqualTo(expected);
            assertThat(digest.contentHash()).isEqualTo(ContentHash.of(expected));
        }
    }
}
