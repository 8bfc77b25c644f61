package dev.holdfast.benchmarks;

import dev.holdfast.testing.process.Folders;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Changes made in one folder, and how long each takes until it shows in the other. */
final class Visibility {
    private static final Duration VISIBLE_LIMIT = Duration.ofMinutes(5);
    private static final long LOOK_NANOS = Duration.ofMillis(2).toNanos();
    private static final long QUIET_NANOS = Duration.ofMillis(1_500).toNanos();
    private static final int SMALL_BYTES = 4 << 10;
    private static final int LARGE_BYTES = 100 << 20;

    private final TwoFolders folders;
    private final Map<String, String> figures;
    private final String label;
    private final Random random = new Random(17);

    Visibility(TwoFolders folders, String label, Map<String, String> figures) {
        this.folders = folders;
        this.label = label;
        this.figures = figures;
    }

    private interface Deed {
        void run() throws IOException;
    }

    /** Does everything that the figures are about, one after the other. */
    void run(int singles, boolean tenThousand) throws IOException {
        // The first change also pays for what both programs load late.
        files("warm", 1);
        single(singles);
        measure(
                "1,000 files of 4 KiB",
                () -> plant("thousand", 1_000),
                () -> all("thousand", 1_000));
        Path from = folders.from();
        Path to = folders.to();
        measure(
                "a folder of 1,000 renamed",
                () -> Files.move(from.resolve("thousand"), from.resolve("renamed")),
                () -> all("renamed", 1_000) && !Files.exists(to.resolve("thousand")));
        measure(
                "a folder of 1,000 deleted",
                () -> Folders.delete(from.resolve("renamed")),
                () -> !Files.exists(to.resolve("renamed")));
        large();
        if (tenThousand) {
            measure(
                    "10,000 files of 4 KiB",
                    () -> plant("many", 10_000),
                    () -> all("many", 10_000));
        }
        figures.put(label + "memory peak", SyncWorkload.mebibytes(folders.peakBytes()));
    }

    private void large() throws IOException {
        Path from = folders.from().resolve("large");
        Path to = folders.to().resolve("large");
        byte[] bytes = new byte[LARGE_BYTES];
        random.nextBytes(bytes);
        measure(
                "100 MiB",
                () -> Files.write(from, bytes),
                () -> Files.exists(to) && to.toFile().length() == LARGE_BYTES);
        byte changed = (byte) ~bytes[LARGE_BYTES / 2];
        measure(
                "1 byte of 100 MiB overwritten",
                () -> overwrite(from, changed),
                () -> byteAt(to, LARGE_BYTES / 2) == changed);
        measure(
                "1 byte inserted at the head of 100 MiB",
                () -> insert(from, bytes),
                () -> to.toFile().length() == LARGE_BYTES + 1);
    }

    private static void overwrite(Path file, byte value) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {value}), LARGE_BYTES / 2);
        }
    }

    private static void insert(Path file, byte[] bytes) throws IOException {
        Path next = file.resolveSibling(".large.next");
        Files.write(next, new byte[] {42});
        Files.write(next, bytes, StandardOpenOption.APPEND);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static int byteAt(Path file, long position) {
        ByteBuffer one = ByteBuffer.allocate(1);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return channel.read(one, position) == 1 ? one.get(0) : Integer.MIN_VALUE;
        } catch (IOException e) {
            // It is being replaced at this moment.
            return Integer.MIN_VALUE;
        }
    }

    private void single(int count) throws IOException {
        double[] seconds = new double[count];
        for (int i = 0; i < count; i++) {
            seconds[i] = files("single" + i, 1);
            quiet();
        }
        Arrays.sort(seconds);
        figures.put(label + "1 file of 4 KiB, p50", SyncWorkload.seconds(seconds[count / 2]));
        figures.put(
                label + "1 file of 4 KiB, p95", SyncWorkload.seconds(seconds[count * 95 / 100]));
    }

    private double files(String name, int count) throws IOException {
        long start = System.nanoTime();
        plant(name, count);
        await(() -> all(name, count));
        return SyncWorkload.secondsSince(start);
    }

    private void plant(String folder, int count) throws IOException {
        byte[] bytes = new byte[SMALL_BYTES];
        Path in = folders.from().resolve(folder);
        for (int i = 0; i < count; i++) {
            Path at = in.resolve("d" + i / 100);
            Files.createDirectories(at);
            random.nextBytes(bytes);
            Files.write(at.resolve("f" + i), bytes);
        }
    }

    /** Files come whole or not at all, so that it is enough to find them with their length. */
    private boolean all(String folder, int count) {
        Path in = folders.to().resolve(folder);
        for (int i = count - 1; i >= 0; i--) {
            if (in.resolve("d" + i / 100).resolve("f" + i).toFile().length() != SMALL_BYTES) {
                return false;
            }
        }
        return true;
    }

    private void measure(String what, Deed deed, BooleanSupplier visible) throws IOException {
        quiet();
        long wire = folders.wireBytes();
        double processor = folders.processorSeconds();
        long start = System.nanoTime();
        deed.run();
        await(visible);
        String seconds = SyncWorkload.seconds(SyncWorkload.secondsSince(start));
        quiet();
        StringBuilder text = new StringBuilder(seconds);
        text.append(
                String.format(Locale.ROOT, ", %.2f CPU s", folders.processorSeconds() - processor));
        if (wire >= 0) {
            text.append(", ")
                    .append((folders.wireBytes() - wire) / 1_024)
                    .append(" KiB on the wire");
        }
        figures.put(label + what, text.toString());
    }

    private static void quiet() {
        long end = System.nanoTime() + QUIET_NANOS;
        while (System.nanoTime() < end) {
            LockSupport.parkNanos(end - System.nanoTime());
        }
    }

    private void await(BooleanSupplier visible) {
        long start = System.nanoTime();
        while (!visible.getAsBoolean()) {
            if (System.nanoTime() - start > VISIBLE_LIMIT.toNanos()) {
                throw new IllegalStateException(
                        "not visible within " + VISIBLE_LIMIT + folders.describe());
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }
}
