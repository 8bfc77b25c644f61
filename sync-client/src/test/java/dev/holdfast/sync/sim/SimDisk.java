package dev.holdfast.sync.sim;

import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.disk.Change;
import dev.holdfast.sync.disk.Disk;
import dev.holdfast.sync.disk.DiskEntry;
import dev.holdfast.sync.disk.Displaced;
import dev.holdfast.sync.disk.PlatformRules;
import dev.holdfast.sync.disk.Staged;
import dev.holdfast.sync.tree.Fingerprint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A folder in memory, with inodes and times as a Linux filesystem keeps them. */
final class SimDisk implements Disk {
    private record Rest(Displaced note, SimInode inode) {}

    /** A planted bug: changes are made without looking at what stands there now. */
    boolean careless;

    /** A planted bug: what rests is dropped in the end, whoever has written to it since. */
    boolean dropsWhatRests;

    /** Times are kept in steps of so many nanoseconds. */
    long granularityNanos = 1;

    /** What somebody does in the moment before a folder is read. */
    Consumer<String> beforeList = folder -> {};

    /** Numbers of inodes that are gone are given again at once, as ext4 does it. */
    boolean reusesInodes;

    /** Begun and neither published, kept nor dropped: they fill the disk. */
    final Set<Staged> unfinished = new HashSet<>();

    private final SimClock clock;
    private final Faults faults;
    PlatformRules rules = PlatformRules.LINUX;
    private final Map<String, byte[]> kept = new TreeMap<>();
    private final Map<String, Rest> resting = new TreeMap<>();
    private final Set<SimInode> watched = new LinkedHashSet<>();
    private final Set<SimInode> locked = new HashSet<>();
    private final Set<SimInode> told = new LinkedHashSet<>();
    private final Deque<Long> freed = new ArrayDeque<>();
    private final SimInode root;
    private long nextInode = 1;
    private int nextRest;

    SimDisk(SimClock clock, Faults faults) {
        this.clock = clock;
        this.faults = faults;
        this.root = create(NodeKind.FOLDER);
    }

    SimInode create(NodeKind kind) {
        long number = freed.isEmpty() ? nextInode++ : freed.removeFirst();
        return new SimInode(number, kind, now());
    }

    /** The time as this disk keeps it. */
    long now() {
        long tick = clock.tick();
        return tick - tick % granularityNanos;
    }

    /** Nothing has the inode any more, nor has anybody opened it. */
    void free(SimInode inode) {
        if (reusesInodes) {
            freed.add(inode.number);
            inode.children.values().forEach(this::free);
        }
    }

    /** Somebody has written to the file, wherever it is now. */
    void written(SimInode file) {
        file.mtime = now();
        file.ctime = now();
        SimInode folder = folderOf(root, file);
        if (folder != null) {
            tell(folder);
        }
    }

    private static @Nullable SimInode folderOf(SimInode top, SimInode wanted) {
        for (SimInode child : top.children.values()) {
            SimInode found = child == wanted ? top : folderOf(child, wanted);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    boolean inTree(SimInode inode) {
        return folderOf(root, inode) != null;
    }

    /** True when the client has taken the inode out and has not ended its rest. */
    boolean rests(SimInode inode) {
        return resting.values().stream().anyMatch(rest -> rest.inode == inode);
    }

    private void tell(SimInode folder) {
        if (watched.contains(folder)) {
            told.add(folder);
        }
    }

    /** Tells of changes in this folder from now on, wherever it is moved. */
    void watch(SimInode folder) {
        watched.add(folder);
    }

    /** Folders of which a change was told since the last call. */
    Set<SimInode> takeTold() {
        Set<SimInode> taken = new LinkedHashSet<>(told);
        told.clear();
        return taken;
    }

    /** Takes the right to read a folder away, or gives it back. */
    void lock(String path, boolean now) {
        SimInode folder = Objects.requireNonNull(at(path));
        if (now ? locked.add(folder) : locked.remove(folder)) {
            tell(Objects.requireNonNull(at(parentOf(path))));
        }
    }

    void watchNothing() {
        watched.clear();
        told.clear();
    }

    SimInode root() {
        return root;
    }

    @Nullable SimInode at(String path) {
        SimInode at = root;
        for (String name : path.isEmpty() ? new String[0] : path.split("/", -1)) {
            at = at == null ? null : at.children.get(name);
        }
        return at;
    }

    static String parentOf(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    static String nameOf(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    void link(String path, SimInode inode) {
        SimInode folder = at(parentOf(path));
        if (folder == null) {
            throw new IllegalStateException("no folder for " + path);
        }
        folder.children.put(nameOf(path), inode);
        folder.mtime = now();
        inode.ctime = now();
        tell(folder);
    }

    @Nullable SimInode unlink(String path) {
        SimInode folder = at(parentOf(path));
        if (folder == null) {
            return null;
        }
        folder.mtime = now();
        tell(folder);
        return folder.children.remove(nameOf(path));
    }

    private static DiskEntry entry(String name, SimInode inode) {
        return new DiskEntry(name, inode.kind, inode.print(), inode.executable, inode.target);
    }

    @Override
    public void check() {}

    @Override
    public @Nullable List<DiskEntry> list(String folder) throws IOException {
        faults.step("list");
        beforeList.accept(folder);
        SimInode inode = at(folder);
        if (inode == null || inode.kind != NodeKind.FOLDER) {
            return null;
        }
        if (locked.contains(inode)) {
            throw new IOException("permission denied");
        }
        List<DiskEntry> entries = new ArrayList<>();
        inode.children.forEach((name, child) -> entries.add(entry(name, child)));
        return entries;
    }

    @Override
    public @Nullable DiskEntry look(String path) {
        SimInode inode = at(path);
        return inode == null ? null : entry(nameOf(path), inode);
    }

    @Override
    public Reader read(String path) throws IOException {
        faults.step("open");
        SimInode inode = at(path);
        if (inode == null || inode.kind != NodeKind.FILE) {
            throw new IOException("no file " + path);
        }
        return new Reader() {
            @Override
            public int read(long position, ByteBuffer into) {
                faults.step("read");
                byte[] bytes = inode.bytes;
                if (position >= bytes.length) {
                    return -1;
                }
                int count = Math.min(into.remaining(), bytes.length - (int) position);
                into.put(bytes, (int) position, count);
                return count;
            }

            @Override
            public void close() {
                faults.wasRead(inode);
            }
        };
    }

    private final class SimStaged implements Staged {
        private final SimInode inode = create(NodeKind.FILE);
        private @Nullable String key;

        SimStaged() {
            unfinished.add(this);
        }

        @Override
        public void write(long position, ByteBuffer from) {
            int end = (int) position + from.remaining();
            if (inode.bytes.length < end) {
                inode.bytes = Arrays.copyOf(inode.bytes, end);
            }
            from.get(inode.bytes, (int) position, from.remaining());
            if (key != null) {
                kept.put(key, inode.bytes.clone());
            }
        }

        @Override
        public boolean found() {
            return inode.bytes.length > 0;
        }

        @Override
        public int read(long position, ByteBuffer into) {
            int count = Math.min(into.remaining(), inode.bytes.length - (int) position);
            if (count <= 0) {
                return -1;
            }
            into.put(inode.bytes, (int) position, count);
            return count;
        }

        @Override
        public void keep() {
            unfinished.remove(this);
        }

        @Override
        public void finish(long mtimeNanos, boolean executable) {
            inode.mtime = mtimeNanos;
            inode.executable = executable;
        }

        @Override
        public Fingerprint print() {
            return inode.print();
        }

        @Override
        public void close() {
            unfinished.remove(this);
        }
    }

    @Override
    public Staged stage() {
        faults.step("stage");
        return new SimStaged();
    }

    @Override
    public PlatformRules rules() {
        return rules;
    }

    @Override
    public Staged stage(String key) {
        faults.step("stage");
        SimStaged staged = new SimStaged();
        byte[] before = kept.get(key);
        if (before != null) {
            staged.inode.bytes = before;
        }
        staged.key = key;
        return staged;
    }

    @Override
    public void dropKept() {
        kept.clear();
    }

    @Override
    public void sync(Collection<Staged> staged) {
        faults.step("sync");
    }

    private Change put(String path, SimInode inode) {
        SimInode folder = at(parentOf(path));
        if (folder == null || folder.kind != NodeKind.FOLDER || at(path) != null) {
            return new Change.Stale();
        }
        link(path, inode);
        faults.step("after a file was put in place");
        return new Change.Done(entry(nameOf(path), inode));
    }

    @Override
    public Change publish(Staged staged, String path) {
        faults.step("publish");
        return put(path, ((SimStaged) staged).inode);
    }

    private boolean unexpected(@Nullable SimInode inode, Fingerprint expected) {
        return inode == null || (!careless && !inode.print().sameBytes(expected));
    }

    private void rest(String path, SimInode inode) {
        String id = Long.toString(inode.number) + "-" + nextRest++;
        Displaced note = new Displaced(id, path, inode.print(), clock.millis());
        resting.put(id, new Rest(note, inode));
    }

    @Override
    public Change exchange(Staged staged, String path, Fingerprint expected) {
        faults.step("exchange");
        SimInode before = at(path);
        if (before == null || unexpected(before, expected)) {
            return new Change.Stale();
        }
        rest(path, before);
        SimInode inode = ((SimStaged) staged).inode;
        link(path, inode);
        faults.step("after an exchange");
        return new Change.Done(entry(nameOf(path), inode));
    }

    @Override
    public Change remove(String path, Fingerprint expected) {
        faults.step("remove");
        SimInode before = at(path);
        if (before == null || unexpected(before, expected)) {
            return new Change.Stale();
        }
        unlink(path);
        rest(path, before);
        faults.step("after a removal");
        return new Change.Done(entry(nameOf(path), before));
    }

    @Override
    public Change makeFolder(String path) {
        faults.step("make a folder");
        return put(path, create(NodeKind.FOLDER));
    }

    @Override
    public Change removeFolder(String path) {
        faults.step("remove a folder");
        SimInode inode = at(path);
        if (inode == null || inode.kind != NodeKind.FOLDER || !inode.children.isEmpty()) {
            return new Change.Stale();
        }
        unlink(path);
        faults.step("after a folder was removed");
        return new Change.Done(entry(nameOf(path), inode));
    }

    @Override
    public Change makeSymlink(String path, String target) {
        faults.step("make a symlink");
        SimInode inode = create(NodeKind.SYMLINK);
        inode.target = target;
        return put(path, inode);
    }

    @Override
    public Change move(String from, String to, Fingerprint expected) {
        faults.step("move");
        SimInode inode = at(from);
        SimInode folder = at(parentOf(to));
        boolean within = (to + "/").startsWith(from + "/");
        if (inode == null
                || inode.number != expected.inode()
                || folder == null
                || folder.kind != NodeKind.FOLDER
                || at(to) != null
                || within) {
            return new Change.Stale();
        }
        unlink(from);
        link(to, inode);
        faults.step("after a move");
        return new Change.Done(entry(nameOf(to), inode));
    }

    @Override
    public Change setAttributes(
            String path, Fingerprint expected, long mtimeNanos, boolean executable) {
        faults.step("set attributes");
        SimInode inode = at(path);
        if (inode == null || unexpected(inode, expected)) {
            return new Change.Stale();
        }
        inode.mtime = mtimeNanos;
        inode.executable = executable;
        inode.ctime = now();
        SimInode folder = at(parentOf(path));
        if (folder != null) {
            tell(folder);
        }
        return new Change.Done(entry(nameOf(path), inode));
    }

    @Override
    public void syncFolders(Collection<String> folders) {}

    @Override
    public List<Displaced> displaced() {
        return resting.values().stream().map(Rest::note).toList();
    }

    @Override
    public boolean release(Displaced file, String rescuePath) {
        Rest rest = resting.get(file.id());
        if (rest == null || dropsWhatRests || rest.inode.print().sameBytes(file.expected())) {
            resting.remove(file.id());
            return false;
        }
        boolean rescued = put(rescuePath, rest.inode) instanceof Change.Done;
        if (rescued) {
            resting.remove(file.id());
        }
        return rescued;
    }

    @Override
    public void dropStaged() {
        unfinished.clear();
    }
}
