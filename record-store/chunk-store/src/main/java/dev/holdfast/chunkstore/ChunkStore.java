package dev.holdfast.chunkstore;

import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.ChunkRows;
import dev.holdfast.metadata.Placement;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Limits;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chunks in packs on HDFS.
 *
 * <p>Writing: {@link #append} hands a chunk to one of a few open packs; a chunk is acknowledged
 * when its record is synced on enough DataNodes and its rows are committed. Reading: {@link #read}
 * gives the chunk back only when its SHA-256 is right. Both bound the memory they hold. For any
 * number of threads.
 */
public final class ChunkStore implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ChunkStore.class);

    /** How many readers' worth of read-ahead all readers hold, and as much again for turns. */
    private static final int READ_AHEAD_SHARES = 8;

    /** A few of the largest chunks, each as it is stored and as it is given out. */
    private static final long TURNS_BYTES_MIN = 4L * 2 * Limits.CHUNK_BYTES_MAX;

    private final PackFiles files;
    private final PackWriter writer;
    private final PackReader reader;
    private final ExecutorService readers;
    private final RunReads.ReadMemory readMemory;
    private final Semaphore readPlaces;
    private final ChunkStoreConfig config;
    private final StoreCounters counters = new StoreCounters();
    private final PackJanitor janitor;
    private final AtomicBoolean closed = new AtomicBoolean();

    private ChunkStore(PackFiles files, ChunkRows rows, ChunkStoreConfig config, Clock clock) {
        this.files = files;
        this.config = config;
        this.janitor = new PackJanitor(rows, files, config, counters, clock);
        this.janitor.run();
        this.reader = new PackReader(files, config.streamsMax(), rows, counters);
        long shared = (long) READ_AHEAD_SHARES * config.readAheadBytes();
        this.readMemory =
                new RunReads.ReadMemory(
                        new ByteBudget(shared),
                        new ByteBudget(Math.max(shared, TURNS_BYTES_MIN)),
                        config.appendWaitMax());
        this.readPlaces = new Semaphore(config.readThreads());
        this.readers =
                Executors.newThreadPerTaskExecutor(
                        Thread.ofVirtual().name("chunk-read-", 0).factory());
        this.writer = new PackWriter(config, rows, files, counters);
    }

    /**
     * Opens the store, after asking HDFS whether it can keep the store's promises, and takes over
     * the packs that dead writers left open.
     *
     * @param configuration of the cluster, see {@link HdfsSite#load}
     * @throws StorageUnsuitableException when this HDFS cannot be used; the message says what to
     *     change
     * @throws StorageFullException when HDFS has no room for new packs
     * @throws StorageUnavailableException when HDFS or the rows do not answer
     */
    public static ChunkStore open(
            URI hdfs, Configuration configuration, ChunkRows rows, ChunkStoreConfig config) {
        DistributedFileSystem fileSystem = HdfsConnection.open(hdfs, configuration, config);
        try {
            HdfsPackFiles files = new HdfsPackFiles(fileSystem, config);
            new HdfsProbe(fileSystem, files, config).check(UUID.randomUUID().toString());
            return new ChunkStore(files, rows, config, Clock.systemUTC());
        } catch (RuntimeException e) {
            HdfsConnection.closeQuietly(fileSystem);
            throw e;
        }
    }

    /** Over any files, without asking them anything: for tests of what happens when they fail. */
    static ChunkStore over(PackFiles files, ChunkRows rows, ChunkStoreConfig config, Clock clock) {
        return new ChunkStore(files, rows, config, clock);
    }

    /**
     * Stores a chunk for a content. The future completes after the bytes are durable on enough
     * DataNodes and the rows are committed; nothing else is an acknowledgement. Blocks while the
     * bytes in flight are at their limit. The buffer must not change until the future completes.
     *
     * @throws ChunkDigestException when the bytes are not that chunk
     * @throws StorageUnavailableException when no room came free in time, or the store is closed
     * @throws IllegalArgumentException when the chunk is empty or longer than {@link
     *     dev.holdfast.model.Limits#CHUNK_BYTES_MAX}
     * @return completes exceptionally with {@link StorageUnavailableException} or {@link
     *     StorageFullException}; the chunk may be stored all the same, and repeating is harmless
     */
    public CompletableFuture<Placement> append(ContentId content, Sha256 hash, ByteBuffer plain) {
        requireOpen();
        return writer.append(content, hash, plain);
    }

    /** As {@link #append(ContentId, Sha256, ByteBuffer)}. */
    public CompletableFuture<Placement> append(ContentId content, Sha256 hash, byte[] plain) {
        return append(content, hash, ByteBuffer.wrap(plain));
    }

    /**
     * The plain bytes of one chunk, with their SHA-256 checked. A chunk that moved is looked up
     * again.
     *
     * @throws ChunkLostException when no copy is left
     * @throws ChunkCorruptException when no copy is good
     * @throws StorageUnavailableException when HDFS or the rows cannot answer now
     */
    public byte[] read(Sha256 hash, ChunkLocation location) {
        requireOpen();
        return reader.read(new StoredChunk(hash, location));
    }

    /**
     * The chunks in this order; those that lie next to each other are fetched together. Memory is
     * shared by all readers: one that finds none waits for its next chunk, and is then refused with
     * {@link StorageUnavailableException}.
     */
    public ChunkReads read(List<StoredChunk> chunks) {
        requireOpen();
        return new RunReads(
                reader, this::execute, readMemory, config.readAheadBytes(), List.copyOf(chunks));
    }

    private void execute(Runnable task) {
        readers.execute(() -> {
            readPlaces.acquireUninterruptibly();
            try {
                task.run();
            } finally {
                readPlaces.release();
            }
        });
    }

    /**
     * Tells of packs in which a read found something definitely wrong, also when the chunk was had
     * from another replica then; not of answers that never came.
     *
     * @param listener called on reading threads, any number of times for one pack: it must not wait
     */
    public void onDoubt(Consumer<PackId> listener) {
        reader.doubts(listener);
    }

    /**
     * Begins to end the packs that this process is writing, so that they can be collected; what is
     * written later goes to others. Comes back before they are sealed.
     */
    public void endOpenPacks() {
        requireOpen();
        writer.endPacks();
    }

    /** What the store has done so far. */
    public ChunkStoreStats stats() {
        return counters.snapshot(writer.bytesInFlight(), reader.openStreams());
    }

    /**
     * What a pack holds, from its file alone.
     *
     * @param readPayloads also reads every chunk and checks it; otherwise the table of contents is
     *     believed, where there is one
     * @throws NoSuchElementException when there is no such file
     * @throws StorageUnavailableException when the file cannot be read now, or is not a pack; the
     *     message says which
     */
    public PackReport inspect(PackId pack, boolean readPayloads) {
        requireOpen();
        try {
            return new PackInspector(files).inspect(pack, readPayloads);
        } catch (FileNotFoundException e) {
            throw new NoSuchElementException("there is no pack " + pack, e);
        } catch (IOException e) {
            throw new StorageUnavailableException(
                    "pack " + pack + " cannot be read: " + e.getMessage(), e);
        }
    }

    /**
     * Every pack that has a file, in no order, whatever the rows say.
     *
     * @throws StorageUnavailableException when HDFS cannot answer now; what was named before then
     *     is not all
     */
    public void listPacks(Consumer<PackFile> each) {
        requireOpen();
        try {
            files.list(each);
        } catch (IOException e) {
            throw new StorageUnavailableException("the packs cannot be listed now", e);
        }
    }

    /** Looks once more for packs of dead writers; answers how many there were. */
    public int recoverAbandonedPacks() {
        requireOpen();
        if (config.soleWriter()) {
            // Every open pack is this process's own by now.
            return 0;
        }
        return janitor.run();
    }

    private void requireOpen() {
        if (closed.get()) {
            throw new StorageUnavailableException("the chunk store is closed", null);
        }
    }

    /** Finishes what was accepted, seals the open packs and lets go of HDFS. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        writer.close();
        readers.shutdown();
        reader.close();
        try {
            files.close();
        } catch (IOException e) {
            log.debug("the files did not close", e);
        }
    }
}
