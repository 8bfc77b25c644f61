package dev.holdfast.sync.sim;

import dev.holdfast.model.DeviceId;
import dev.holdfast.model.Names;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.engine.Context;
import dev.holdfast.sync.engine.Engine;
import dev.holdfast.sync.engine.Progress;
import dev.holdfast.sync.engine.Report;
import java.io.IOException;
import java.time.LocalDate;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A device: a disk, a memory, a way to the server, and an engine that may die and start again. */
final class SimDevice {
    private static final LocalDate DAY = LocalDate.of(2026, 1, 2);

    final String name;
    final SimDisk disk;
    final Faults faults;
    Predicate<String> ignored = path -> false;
    private final ModelServer server;
    private final SimClock clock;
    private final SplittableRandom random;
    private final DeviceId id;
    private MemoryStore store;
    private @Nullable Engine engine;

    SimDevice(
            String name,
            ModelServer server,
            SimClock clock,
            SplittableRandom random,
            Faults faults) {
        this.name = name;
        this.server = server;
        this.clock = clock;
        this.random = random;
        this.faults = faults;
        this.disk = new SimDisk(clock, faults);
        this.store = new MemoryStore(faults);
        this.id = DeviceId.random(random);
        server.deviceNames.put(id, name);
    }

    private Context context() {
        return new Context(
                server.namespace(),
                disk,
                new SimConnection(server, id, faults),
                store,
                new SequentialWorkers(),
                clock,
                random,
                new Context.Naming() {
                    @Override
                    public boolean ignored(String path, boolean folder) {
                        return ignored.test(path);
                    }

                    @Override
                    public boolean takesAll() {
                        return false;
                    }

                    @Override
                    public String conflictName(String original, int attempt) {
                        return Names.conflictCopy(original, name, DAY, attempt);
                    }
                },
                new Progress());
    }

    /** One cycle over everything. */
    Report sync() throws IOException {
        Engine running = engine;
        if (running == null) {
            running = new Engine(context(), Integer.MAX_VALUE);
            running.start();
            engine = running;
        }
        return running.cycleAll();
    }

    Engine engine() {
        Engine running = engine;
        if (running == null) {
            throw new IllegalStateException("the device does not run");
        }
        return running;
    }

    /** The process died; disk and memory stay as they are. */
    void died() {
        engine = null;
    }

    /** Takes the right to write away, or gives it back. */
    void readsOnly(boolean now) {
        if (now) {
            server.readers.add(id);
        } else {
            server.readers.remove(id);
        }
    }

    /** Plants the bug that {@link MemoryStore#reusesSequences} describes. */
    void reusesSequences() {
        store.reusesSequences = true;
    }

    /** The database is lost; the folder stays. */
    void forgets() {
        engine = null;
        store = new MemoryStore(faults);
    }

    /** Everything on the disk by path, as text that is equal for equal things. */
    Map<String, String> picture() {
        Map<String, String> picture = new TreeMap<>();
        walk("", disk.root(), picture);
        return picture;
    }

    private void walk(String path, SimDisk.Inode inode, Map<String, String> picture) {
        for (Map.Entry<String, SimDisk.Inode> child : inode.children.entrySet()) {
            String at = path.isEmpty() ? child.getKey() : path + "/" + child.getKey();
            SimDisk.Inode node = child.getValue();
            if (ignored.test(at)) {
                continue;
            }
            if (node.kind == NodeKind.FOLDER) {
                picture.put(at, "folder");
                walk(at, node, picture);
            } else if (node.kind == NodeKind.SYMLINK) {
                picture.put(at, "link to " + node.target);
            } else {
                Sha256 hash = Contents.hash(node.bytes);
                picture.put(at, "file " + hash + " " + node.mtime + " " + node.executable);
            }
        }
    }
}
