package dev.holdfast.sync.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * What the client did, a line each, in {@code sync.log}; older ones in {@code sync.log.1} and so
 * on. Never takes more room than the files' number times their size. A log that cannot be written
 * never stops the client.
 */
final class RotatingLog implements AutoCloseable {
    static final String FILE = "sync.log";
    static final long BYTES_MAX = 2L << 20;
    static final int FILES_MAX = 4;
    private static final int LINE_CHARACTERS_MAX = 4_096;

    private final Path folder;
    private final InstantSource clock;
    private final long bytesMax;
    private @Nullable OutputStream out;
    private long size;

    RotatingLog(Path folder, InstantSource clock) {
        this(folder, clock, BYTES_MAX);
    }

    RotatingLog(Path folder, InstantSource clock, long bytesMax) {
        this.folder = folder;
        this.clock = clock;
        this.bytesMax = bytesMax;
    }

    /** Writes one line; what is in the way of that in the text is replaced. */
    synchronized void write(String what, String about) {
        String text = what + (about.isEmpty() ? "" : " " + about);
        StringBuilder line = new StringBuilder();
        line.append(clock.instant().truncatedTo(ChronoUnit.MILLIS)).append(' ');
        text.chars()
                .limit(LINE_CHARACTERS_MAX)
                .forEach(c -> line.append(c < ' ' || c == 0x7f ? '?' : (char) c));
        byte[] bytes = line.append('\n').toString().getBytes(StandardCharsets.UTF_8);
        try {
            if (size + bytes.length > bytesMax) {
                rotate();
            }
            open().write(bytes);
            size += bytes.length;
        } catch (IOException e) {
            // A full disk, most likely: the client says so elsewhere and goes on.
            discard();
        }
    }

    private OutputStream open() throws IOException {
        OutputStream current = out;
        if (current == null) {
            Path file = folder.resolve(FILE);
            current =
                    Files.newOutputStream(
                            file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            out = current;
            size = Files.size(file);
            if (size > bytesMax) {
                rotate();
                return open();
            }
        }
        return current;
    }

    private void rotate() throws IOException {
        discard();
        Path file = folder.resolve(FILE);
        for (int i = FILES_MAX - 1; i > 0; i--) {
            Path from = i == 1 ? file : folder.resolve(FILE + "." + (i - 1));
            if (Files.exists(from)) {
                Files.move(
                        from, folder.resolve(FILE + "." + i), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    private void discard() {
        OutputStream current = out;
        out = null;
        size = 0;
        if (current != null) {
            try {
                current.close();
            } catch (IOException e) {
                // Every line was handed over when it was written.
                out = null;
            }
        }
    }

    @Override
    public synchronized void close() {
        discard();
    }
}
