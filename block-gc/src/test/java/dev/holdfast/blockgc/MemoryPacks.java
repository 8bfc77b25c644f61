package dev.holdfast.blockgc;

import dev.holdfast.chunkstore.PackDamagedException;
import dev.holdfast.chunkstore.PackFile;
import dev.holdfast.chunkstore.PackListing;
import dev.holdfast.chunkstore.Packs;
import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Consumer;

/** Packs in memory. Before each step it asks a fault, which may throw. */
final class MemoryPacks implements Packs, PackListing {
    private static final int HEADER_BYTES = 64;

    private final Map<PackId, ConcurrentSkipListMap<Long, byte[]>> files =
            new ConcurrentHashMap<>();
    private volatile Fault fault = step -> {};

    /** What goes wrong at a step: begin, add, end, entries, delete or list. */
    interface Fault {
        void at(String step) throws IOException;
    }

    void fault(Fault next) {
        fault = next;
    }

    /** Appends a record to a pack's file, as a writer would; answers its offset. */
    long write(PackId pack, byte[] bytes) {
        ConcurrentSkipListMap<Long, byte[]> file =
                files.computeIfAbsent(pack, id -> new ConcurrentSkipListMap<>());
        synchronized (file) {
            long offset =
                    file.isEmpty()
                            ? HEADER_BYTES
                            : file.lastKey() + HEADER_BYTES + file.lastEntry().getValue().length;
            file.put(offset, bytes);
            return offset;
        }
    }

    long length(PackId pack) {
        ConcurrentSkipListMap<Long, byte[]> file = files.get(pack);
        return file == null || file.isEmpty()
                ? 0
                : file.lastKey() + HEADER_BYTES + file.lastEntry().getValue().length;
    }

    void create(PackId pack) {
        files.computeIfAbsent(pack, id -> new ConcurrentSkipListMap<>());
    }

    Set<PackId> files() {
        return Set.copyOf(files.keySet());
    }

    byte[] read(Sha256 hash, ChunkLocation at) throws IOException {
        ConcurrentSkipListMap<Long, byte[]> file = files.get(at.pack());
        if (file == null) {
            throw new FileNotFoundException("no file of pack " + at.pack());
        }
        byte[] bytes = file.get(at.offset());
        if (bytes == null || !Sha256.hash(bytes).equals(hash)) {
            throw new PackDamagedException("not the chunk");
        }
        return bytes;
    }

    @Override
    public List<Entry> entries(PackId pack) throws IOException {
        fault.at("entries");
        ConcurrentSkipListMap<Long, byte[]> file = files.get(pack);
        if (file == null) {
            throw new FileNotFoundException("no file of pack " + pack);
        }
        List<Entry> entries = new ArrayList<>();
        file.forEach((offset, bytes) ->
                entries.add(new Entry(Sha256.hash(bytes), offset, bytes.length, bytes.length, 0)));
        return entries;
    }

    @Override
    public Copy begin(PackWriterLease pack) throws IOException {
        fault.at("begin");
        create(pack.pack());
        return new MemoryCopy(pack.pack());
    }

    @Override
    public boolean delete(PackId pack) throws IOException {
        fault.at("delete");
        return files.remove(pack) != null;
    }

    @Override
    public void list(int firstByte, Consumer<PackFile> each) throws IOException {
        fault.at("list");
        for (PackId pack : files.keySet()) {
            if ((pack.id().toBytes()[0] & 0xff) == firstByte) {
                each.accept(new PackFile(pack, length(pack), 0));
            }
        }
    }

    /** Loses a file, or all but its first records. */
    void damage(PackId pack, int recordsKept) {
        if (recordsKept == 0) {
            files.remove(pack);
        } else {
            var file = files.get(pack);
            while (file != null && file.size() > recordsKept) {
                file.pollLastEntry();
            }
        }
    }

    @Override
    public void close() {}

    private final class MemoryCopy implements Copy {
        private final PackId pack;
        private final List<Entry> entries = new ArrayList<>();

        MemoryCopy(PackId pack) {
            this.pack = pack;
        }

        @Override
        public long length() {
            return MemoryPacks.this.length(pack);
        }

        @Override
        public void add(Sha256 hash, ChunkLocation from) throws IOException {
            fault.at("add");
            byte[] bytes = read(hash, from);
            entries.add(new Entry(hash, write(pack, bytes), bytes.length, bytes.length, 0));
        }

        @Override
        public Ended end() throws IOException {
            fault.at("end");
            return new Ended(length(), List.copyOf(entries));
        }

        @Override
        public void close() {}
    }
}
