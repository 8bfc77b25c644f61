package dev.holdfast.benchmarks;

import dev.holdfast.benchmarks.SyncWorkload.Timed;
import dev.holdfast.testing.process.Folders;
import java.io.FileOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** Ten thousand files of 4 KiB from one device through the server to another. */
public final class SmallFiles implements Scenario {
    private static final int FILES = 10_000;
    private static final int FOLDERS = 100;
    private static final int BYTES = 4 << 10;
    private static final long SEED = 11;

    @Override
    public String name() {
        return "small-files";
    }

    @Override
    public String description() {
        return "10,000 files of 4 KiB, device A to server to device B";
    }

    @Override
    public Map<String, String> run(Path scratch) throws Exception {
        Map<String, String> figures = new LinkedHashMap<>();
        try (SyncWorkload workload = new SyncWorkload(scratch)) {
            long idle = workload.server().process().residentBytes().orElse(0L);
            plant(workload.a().folder());
            Timed up = SyncWorkload.runOnce(workload.a());
            Timed down = SyncWorkload.runOnce(workload.b());
            if (!Folders.differences(workload.a().folder(), workload.b().folder()).isEmpty()) {
                throw new IllegalStateException("the two folders differ");
            }
            double copy = copySeconds(workload.a().folder(), scratch.resolve("copy"));
            double total = up.seconds() + down.seconds();
            figures.put("A to server", SyncWorkload.seconds(up.seconds()));
            figures.put("server to B", SyncWorkload.seconds(down.seconds()));
            figures.put("A to B", SyncWorkload.seconds(total));
            figures.put("the same tree copied with fsync", SyncWorkload.seconds(copy));
            figures.put("A to B / copied with fsync", SyncWorkload.ratio(total / copy));
            figures.put("server memory idle", SyncWorkload.mebibytes(idle));
            figures.put(
                    "server memory peak",
                    SyncWorkload.mebibytes(
                            workload.server().process().peakResidentBytes().orElse(0L)));
            figures.put("client A memory peak", SyncWorkload.mebibytes(up.peakBytes()));
            figures.put("client B memory peak", SyncWorkload.mebibytes(down.peakBytes()));
        }
        return figures;
    }

    private static void plant(Path folder) throws Exception {
        Random random = new Random(SEED);
        byte[] bytes = new byte[BYTES];
        for (int file = 0; file < FILES; file++) {
            Path target = folder.resolve("d" + file % FOLDERS).resolve("f" + file);
            Files.createDirectories(target.resolve("..").normalize());
            random.nextBytes(bytes);
            Files.write(target, bytes);
        }
    }

    /** The baseline: every file written and forced to disk, one after the other. */
    private static double copySeconds(Path from, Path to) throws Exception {
        long start = System.nanoTime();
        for (Map.Entry<String, Path> entry : Folders.list(from).entrySet()) {
            Path target = to.resolve(entry.getKey());
            if (Files.isDirectory(entry.getValue())) {
                Files.createDirectories(target);
            } else {
                byte[] bytes = Files.readAllBytes(entry.getValue());
                try (var file = new FileOutputStream(target.toFile())) {
                    file.write(bytes);
                    file.getFD().sync();
                }
            }
        }
        return SyncWorkload.secondsSince(start);
    }
}
