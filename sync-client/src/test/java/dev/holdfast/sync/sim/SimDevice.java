package dev.holdfast.sync.sim;

import dev.holdfast.model.DeviceId;
import dev.holdfast.model.Names;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.engine.Context;
import dev.holdfast.sync.engine.Engine;
import dev.holdfast.sync.engine.Progress;
import dev.holdfast.sync.engine.Report;
import dev.holdfast.sync.tree.TreeChanges;
import java.io.IOException;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

    /** Files that may be deleted an hour before somebody is asked. */
    int maxDeletes = Integer.MAX_VALUE;

    private final Map<SimInode, NodeId> watches = new LinkedHashMap<>();
    private final Set<NodeId> changed = new LinkedHashSet<>();
    private boolean all = true;

    /** A planted bug: the client believes to be hours later than the disk. */
    long clockAheadMillis;

    /** A planted bug: a new database counts its operations from 1 again. */
    boolean restartsSequences;

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
                () -> clock.instant().plusMillis(clockAheadMillis),
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

    private Engine started() throws IOException {
        Engine running = engine;
        if (running == null) {
            running = new Engine(context(), maxDeletes);
            running.start();
            engine = running;
        }
        return running;
    }

    /** What `holdfast sync confirm` does. */
    void confirm() {
        store.write(new TreeChanges(), Map.of(Engine.DELETES_CONFIRMED, Optional.of("1")));
    }

    /** One cycle over everything. */
    Report sync() throws IOException {
        Engine running = started();
        Report report = running.cycleAll();
        running.idle();
        return report;
    }

    /** One cycle over what the disk told of, as a client does it that keeps running. */
    Report follow() throws IOException {
        Engine running = started();
        changed.addAll(takeChanged());
        Report report =
                running.cycle(
                        all ? null : new LinkedHashSet<>(changed),
                        () -> {
                            running.notFound(watch(running.takeFoldersSeen()));
                            Set<NodeId> fresh = takeChanged();
                            changed.addAll(fresh);
                            return fresh;
                        });
        all = false;
        changed.clear();
        running.notFound(watch(running.takeFoldersSeen()));
        running.idle();
        return report;
    }

    /** A folder that was not watched counts as changed. */
    private Set<NodeId> watch(Map<NodeId, Engine.Folder> folders) {
        Set<NodeId> notFound = new LinkedHashSet<>();
        folders.forEach((node, seen) -> {
            SimInode folder = disk.at(seen.path());
            boolean root = folder == disk.root();
            if (folder == null || !(root || folder.number == seen.print().inode())) {
                notFound.add(node);
                return;
            }
            disk.watch(folder);
            if (watches.put(folder, node) == null) {
                changed.add(node);
            }
        });
        return notFound;
    }

    private Set<NodeId> takeChanged() {
        Set<NodeId> fresh = new LinkedHashSet<>(changed);
        changed.clear();
        for (SimInode folder : disk.takeTold()) {
            NodeId node = watches.get(folder);
            if (node != null) {
                fresh.add(node);
            }
        }
        return fresh;
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
        watches.clear();
        changed.clear();
        disk.watchNothing();
        all = true;
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
        died();
        long next = store.nextSequence();
        store = new MemoryStore(faults);
        store.startAt(restartsSequences ? 1 : next + 1_000);
    }

    /** Plants the bug that {@link MemoryStore#losesRows} describes. */
    void losesRows() {
        store.losesRows = true;
    }

    /** Everything on the disk by path, as text that is equal for equal things. */
    Map<String, String> picture() {
        Map<String, String> picture = new TreeMap<>();
        walk("", disk.root(), picture);
        return picture;
    }

    private void walk(String path, SimInode inode, Map<String, String> picture) {
        for (Map.Entry<String, SimInode> child : inode.children.entrySet()) {
            String at = path.isEmpty() ? child.getKey() : path + "/" + child.getKey();
            SimInode node = child.getValue();
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
