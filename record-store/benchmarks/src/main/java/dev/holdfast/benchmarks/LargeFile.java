package dev.holdfast.benchmarks;

import dev.holdfast.benchmarks.SyncWorkload.Timed;
import dev.holdfast.chunkstore.EmbeddedHdfs;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.io.IOUtils;

/** One GiB from one device through the server to another, beside bare HDFS with the same file. */
public final class LargeFile implements Scenario {
    private static final long BYTES = 1L << 30;
    private static final long SEED = 12;
    private static final int BUFFER_BYTES = 1 << 20;

    @Override
    public String name() {
        return "large-file";
    }

    @Override
    public String description() {
        return "1 GiB, device A to server to device B, and HDFS put and get of the same file";
    }

    @Override
    public Map<String, String> run(Path scratch) throws Exception {
        Map<String, String> figures = new LinkedHashMap<>();
        Timed up;
        Timed down;
        Path file;
        try (SyncWorkload workload = new SyncWorkload(scratch)) {
            file = workload.a().folder().resolve("large");
            plant(file);
            up = SyncWorkload.runOnce(workload.a());
            down = SyncWorkload.runOnce(workload.b());
            if (Files.mismatch(file, workload.b().folder().resolve("large")) != -1) {
                throw new IllegalStateException("the two files differ");
            }
            figures.put("A to server", rate(up));
            figures.put("server to B", rate(down));
            figures.put(
                    "server memory peak",
                    SyncWorkload.mebibytes(
                            workload.server().process().peakResidentBytes().orElse(0L)));
            figures.put("client A memory peak", SyncWorkload.mebibytes(up.peakBytes()));
            figures.put("client B memory peak", SyncWorkload.mebibytes(down.peakBytes()));
        }
        bare(scratch, file, up, down, figures);
        return figures;
    }

    private static void bare(
            Path scratch, Path file, Timed up, Timed down, Map<String, String> figures)
            throws Exception {
        try (EmbeddedHdfs hdfs = EmbeddedHdfs.start(scratch.resolve("bare"), 1, 1);
                FileSystem files = FileSystem.newInstance(hdfs.uri(), hdfs.configuration())) {
            org.apache.hadoop.fs.Path stored = new org.apache.hadoop.fs.Path("/large");
            long start = System.nanoTime();
            try (var in = Files.newInputStream(file);
                    FSDataOutputStream out = files.create(stored)) {
                IOUtils.copyBytes(in, out, BUFFER_BYTES);
                out.hsync();
            }
            double put = SyncWorkload.secondsSince(start);
            start = System.nanoTime();
            try (var in = files.open(stored);
                    OutputStream out = Files.newOutputStream(scratch.resolve("got"))) {
                IOUtils.copyBytes(in, out, BUFFER_BYTES);
            }
            double get = SyncWorkload.secondsSince(start);
            figures.put("bare HDFS put", SyncWorkload.rate(BYTES, put));
            figures.put("bare HDFS get", SyncWorkload.rate(BYTES, get));
            figures.put("A to server / bare put", SyncWorkload.ratio(put / up.seconds()));
            figures.put("server to B / bare get", SyncWorkload.ratio(get / down.seconds()));
            figures.put(
                    "A to B / bare put and get",
                    SyncWorkload.ratio((put + get) / (up.seconds() + down.seconds())));
        }
    }

    private static String rate(Timed timed) {
        return SyncWorkload.rate(BYTES, timed.seconds());
    }

    private static void plant(Path file) throws Exception {
        Random random = new Random(SEED);
        byte[] buffer = new byte[BUFFER_BYTES];
        try (OutputStream out = Files.newOutputStream(file)) {
            for (long written = 0; written < BYTES; written += buffer.length) {
                random.nextBytes(buffer);
                out.write(buffer);
            }
        }
    }
}
