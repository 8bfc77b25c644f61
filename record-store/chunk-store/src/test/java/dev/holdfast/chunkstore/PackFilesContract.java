package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.model.PackId;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What the store asks of its files, whatever they are. */
abstract class PackFilesContract {
    private static final Duration RECOVERY_WAIT_MAX = Duration.ofSeconds(60);

    private final SplittableRandom random = new SplittableRandom(19);
    private final Chunks chunks = Chunks.of(19);

    /** Files nobody else writes to. */
    abstract PackFiles files();

    private PackId pack() {
        return PackId.random(random);
    }

    private static byte[] read(PackFiles.Input input, long position, int length)
            throws IOException {
        byte[] bytes = new byte[length];
        input.read(position, bytes, 0, length);
        return bytes;
    }

    private byte[] write(PackFiles.Output out, int length) throws IOException {
        byte[] bytes = chunks.incompressible(length);
        out.write(bytes, 0, length);
        return bytes;
    }

    @Test
    void whatASyncCoveredIsReadWhileTheFileGrows() throws Exception {
        PackId pack = pack();
        PackFiles.Output out = files().create(pack);
        byte[] first = write(out, 5_000);
        assertThat(out.sync()).isPositive();
        PackFiles.Input early = files().open(pack);
        assertThat(early.length()).isEqualTo(5_000);
        assertThat(read(early, 0, 5_000)).isEqualTo(first);
        byte[] second = write(out, 3_000);
        out.sync();
        PackFiles.Input late = files().open(pack);
        assertThat(late.length()).isEqualTo(8_000);
        assertThat(read(late, 5_000, 3_000)).isEqualTo(second);
        assertThat(read(early, 100, 1_000)).isEqualTo(Arrays.copyOfRange(first, 100, 1_100));
        out.close();
        early.close();
        late.close();
    }

    @Test
    void aSliceIsWrittenAsItIs() throws Exception {
        PackId pack = pack();
        PackFiles.Output out = files().create(pack);
        byte[] bytes = chunks.incompressible(2_000);
        out.write(bytes, 300, 1_200);
        out.sync();
        out.close();
        PackFiles.Input in = files().open(pack);
        byte[] to = new byte[1_300];
        in.read(0, to, 50, 1_200);
        assertThat(Arrays.copyOfRange(to, 50, 1_250))
                .isEqualTo(Arrays.copyOfRange(bytes, 300, 1_500));
        in.close();
    }

    @Test
    void aPackIsMadeOnce() throws Exception {
        PackId pack = pack();
        files().requireWritable();
        PackFiles.Output out = files().create(pack);
        assertThatThrownBy(() -> files().create(pack)).isInstanceOf(IOException.class);
        write(out, 10);
        out.sync();
        out.close();
        assertThatThrownBy(() -> files().create(pack)).isInstanceOf(IOException.class);
    }

    @Test
    void whatIsNotThereIsSaidNotToBe() {
        assertThatThrownBy(() -> files().open(pack())).isInstanceOf(FileNotFoundException.class);
        assertThatThrownBy(() -> files().recover(pack(), RECOVERY_WAIT_MAX))
                .isInstanceOf(FileNotFoundException.class);
        assertThatThrownBy(() -> files().replicas(pack(), failure -> {}))
                .isInstanceOf(FileNotFoundException.class);
    }

    @Test
    void nothingIsReadPastTheEnd() throws Exception {
        PackId pack = pack();
        PackFiles.Output out = files().create(pack);
        write(out, 100);
        out.sync();
        out.close();
        PackFiles.Input in = files().open(pack);
        assertThatThrownBy(() -> read(in, 50, 51)).isInstanceOf(EOFException.class);
        assertThatThrownBy(() -> read(in, 1_000, 1)).isInstanceOf(EOFException.class);
        assertThat(read(in, 99, 1)).hasSize(1);
        in.close();
    }

    @Test
    void recoveryTakesTheFileFromItsWriterAndKeepsWhatWasSynced() throws Exception {
        PackId pack = pack();
        PackFiles.Output out = files().create(pack);
        byte[] bytes = write(out, 4_000);
        out.sync();
        long length = files().recover(pack, RECOVERY_WAIT_MAX);
        assertThat(length).isGreaterThanOrEqualTo(4_000);
        assertThatThrownBy(
                        () -> {
                            write(out, 100_000);
                            out.sync();
                        })
                .isInstanceOf(IOException.class);
        assertThat(files().recover(pack, RECOVERY_WAIT_MAX)).isEqualTo(length);
        PackFiles.Input in = files().open(pack);
        assertThat(in.length()).isEqualTo(length);
        assertThat(read(in, 0, 4_000)).isEqualTo(bytes);
        in.close();
    }

    @Test
    void aClosedFileStaysAsItIs() throws Exception {
        PackId pack = pack();
        PackFiles.Output out = files().create(pack);
        write(out, 700);
        out.sync();
        out.close();
        assertThat(files().recover(pack, RECOVERY_WAIT_MAX)).isEqualTo(700);
    }

    @Test
    void eachCopyReadsByItself() throws Exception {
        PackId pack = pack();
        PackFiles.Output out = files().create(pack);
        byte[] bytes = write(out, 3_000);
        out.sync();
        out.close();
        List<IOException> bad = new ArrayList<>();
        List<PackFiles.Input> replicas = files().replicas(pack, bad::add);
        assertThat(replicas).isNotEmpty();
        for (PackFiles.Input replica : replicas) {
            assertThat(read(replica, 1_000, 2_000))
                    .isEqualTo(Arrays.copyOfRange(bytes, 1_000, 3_000));
            replica.close();
        }
        assertThat(bad).isEmpty();
    }

    @Test
    void theListNamesEveryPack() throws Exception {
        Map<PackId, Long> made = new HashMap<>();
        for (int index = 1; index <= 5; index++) {
            PackId pack = pack();
            PackFiles.Output out = files().create(pack);
            write(out, 100 * index);
            out.sync();
            out.close();
            made.put(pack, 100L * index);
        }
        Map<PackId, Long> listed = new HashMap<>();
        files().list(file -> listed.put(file.pack(), file.length()));
        assertThat(listed).containsAllEntriesOf(made);
        assertThat(files().full()).isFalse();
    }

    @Test
    void oneInputServesManyReaders() throws Exception {
        PackId pack = pack();
        PackFiles.Output out = files().create(pack);
        byte[] bytes = write(out, 200_000);
        out.sync();
        out.close();
        PackFiles.Input in = files().open(pack);
        List<CompletableFuture<Void>> readers = new ArrayList<>();
        for (int reader = 0; reader < 8; reader++) {
            int from = reader * 20_000;
            readers.add(
                    CompletableFuture.runAsync(() -> {
                        try {
                            assertThat(read(in, from, 40_000))
                                    .isEqualTo(Arrays.copyOfRange(bytes, from, from + 40_000));
                        } catch (IOException e) {
                            throw new AssertionError(e);
                        }
                    }));
        }
        for (CompletableFuture<Void> reader : readers) {
            reader.get();
        }
        in.close();
    }
}
