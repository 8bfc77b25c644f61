package dev.holdfast.chunkstore;

import dev.holdfast.model.PackId;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Files in memory that fail when told to. A file's durable part is what a sync that succeeded has
 * covered; a failing call leaves any prefix of what was not.
 */
final class FaultyFiles implements PackFiles {
    /** The calls that can fail. */
    enum Call {
        CREATE,
        WRITE,
        SYNC,
        CLOSE,
        RECOVER
    }

    private final Map<PackId, File> files = new HashMap<>();
    private final Function<Call, @Nullable IOException> faults;
    private final Function<PackId, Integer> replicas;
    private boolean full;
    private UnaryOperator<byte[]> damage = UnaryOperator.identity();
    private @Nullable IOException readFault;

    /**
     * @param faults asked before every call; an answer is thrown
     * @param replicas what a sync answers
     */
    FaultyFiles(Function<Call, @Nullable IOException> faults, Function<PackId, Integer> replicas) {
        this.faults = faults;
        this.replicas = replicas;
    }

    private static final class File {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private int durable;
        private boolean closed;
    }

    private void maybeFail(Call call) throws IOException {
        IOException failure = faults.apply(call);
        if (failure != null) {
            throw failure;
        }
    }

    synchronized void fill() {
        full = true;
    }

    /** What is read from now on, out of what was written. */
    synchronized void damage(UnaryOperator<byte[]> change) {
        damage = change;
    }

    /** Thrown by every read of a file opened from now on; null ends it. */
    synchronized void failReads(@Nullable IOException fault) {
        readFault = fault;
    }

    @Override
    public void requireWritable() {}

    @Override
    public synchronized Output create(PackId pack) throws IOException {
        maybeFail(Call.CREATE);
        File file = new File();
        if (files.putIfAbsent(pack, file) != null) {
            throw new IOException("the pack exists: " + pack);
        }
        return new Output() {
            @Override
            public void write(byte[] bytes, int from, int length) throws IOException {
                synchronized (FaultyFiles.this) {
                    requireOpen(file);
                    maybeFail(Call.WRITE);
                    file.bytes.write(bytes, from, length);
                }
            }

            @Override
            public int sync() throws IOException {
                synchronized (FaultyFiles.this) {
                    requireOpen(file);
                    maybeFail(Call.SYNC);
                    file.durable = file.bytes.size();
                    return replicas.apply(pack);
                }
            }

            @Override
            public void close() throws IOException {
                synchronized (FaultyFiles.this) {
                    requireOpen(file);
                    maybeFail(Call.CLOSE);
                    file.closed = true;
                }
            }
        };
    }

    private static void requireOpen(File file) throws IOException {
        if (file.closed) {
            throw new IOException("the file was taken away");
        }
    }

    @Override
    public synchronized Input open(PackId pack) throws IOException {
        File file = files.get(pack);
        if (file == null) {
            throw new FileNotFoundException(pack.toString());
        }
        byte[] durable = Arrays.copyOf(file.bytes.toByteArray(), file.durable);
        return new MemoryInput(damage.apply(durable), readFault);
    }

    @Override
    public List<Input> replicas(PackId pack, Consumer<IOException> onBad) throws IOException {
        return List.of(open(pack));
    }

    @Override
    public synchronized long recover(PackId pack, Duration waitMax) throws IOException {
        maybeFail(Call.RECOVER);
        File file = files.get(pack);
        if (file == null) {
            throw new FileNotFoundException(pack.toString());
        }
        file.closed = true;
        return file.durable;
    }

    synchronized void delete(PackId pack) {
        files.remove(pack);
    }

    @Override
    public synchronized void list(Consumer<PackFile> each) {
        files.forEach((pack, file) -> each.accept(new PackFile(pack, file.durable, 0)));
    }

    @Override
    public synchronized boolean full() {
        return full;
    }

    @Override
    public void close() {}
}
