package dev.holdfast.sync.scan;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.disk.Disk;
import dev.holdfast.sync.disk.DiskEntry;
import dev.holdfast.sync.disk.FolderMissingException;
import dev.holdfast.sync.plan.Scope;
import dev.holdfast.sync.tree.Fingerprint;
import dev.holdfast.sync.tree.LocalNode;
import dev.holdfast.sync.tree.Trees;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads folders from the disk, all of them or those that a watcher named, and hands what it read to
 * a {@link Matcher}. All reading is done before any matching: whether a thing has moved shows only
 * when both places were looked at. A folder that was moved in between, from where was not yet read
 * to where was, stands in neither: the watcher names both. One that was moved the other way stands
 * in both, and then all is read again; so it is when two were exchanged while one was listed.
 */
public final class Scanner {
    /** A disk on which a folder has two places for good, as by a bind mount, is read so often. */
    private static final int READS_MAX = 3;

    private final Disk disk;
    private final Scope scope;
    private final Trees trees;
    private final Supplier<NodeId> ids;

    private final List<String> folders = new ArrayList<>();
    private final Map<String, String> problems = new LinkedHashMap<>();
    private final Map<Long, Fingerprint> foldersFound = new HashMap<>();
    private final Map<Long, String> foldersAt = new HashMap<>();

    /** Where folders stand that stand elsewhere, too. */
    private final Set<String> doubles = new HashSet<>();

    /** Another folder had come to the place of one that was listed. */
    private boolean exchanged;

    private final Set<NodeId> elsewhere = new HashSet<>();

    /** Folders that an earlier scan could not read: they are tried again with the one above. */
    private final Set<String> unread = new HashSet<>();

    private Scanner(Disk disk, Scope scope, Trees trees, Supplier<NodeId> ids) {
        this.disk = disk;
        this.scope = scope;
        this.trees = trees;
        this.ids = ids;
    }

    /** Reads the whole folder. */
    public static ScanResult full(Disk disk, Scope scope, Trees trees, Supplier<NodeId> ids)
            throws IOException {
        for (int reads = 1; ; reads++) {
            Scanner scanner = new Scanner(disk, scope, trees, ids);
            disk.check();
            Listing top = scanner.read("");
            scanner.readBelow(top, true);
            if (scanner.steady() || reads == READS_MAX) {
                return scanner.match(Map.of(trees.root(), top), true);
            }
        }
    }

    /**
     * Reads some folders, and below them those that are new.
     *
     * @param problems paths of which an earlier scan reported something
     */
    public static ScanResult partial(
            Disk disk,
            Scope scope,
            Trees trees,
            Supplier<NodeId> ids,
            Collection<String> changed,
            Collection<String> problems)
            throws IOException {
        for (int reads = 1; ; reads++) {
            Scanner scanner = new Scanner(disk, scope, trees, ids);
            scanner.unread.addAll(problems);
            disk.check();
            Map<NodeId, Listing> read = new LinkedHashMap<>();
            for (String path : new TreeSet<>(changed)) {
                scanner.readKnown(path, read);
            }
            if (scanner.steady() || reads == READS_MAX) {
                return scanner.match(read, false);
            }
        }
    }

    private boolean steady() {
        return doubles.isEmpty() && !exchanged;
    }

    /** Reads the folder of that path or, where it is not known, the nearest one above it. */
    private void readKnown(String path, Map<NodeId, Listing> read) throws IOException {
        LocalNode at = trees.local().get(trees.root());
        StringBuilder known = new StringBuilder();
        for (String name : path.isEmpty() ? new String[0] : path.split("/")) {
            LocalNode next = at == null ? null : trees.local().child(at.node(), name);
            if (next == null || !next.folder()) {
                break;
            }
            known.append(known.isEmpty() ? "" : "/").append(name);
            at = next;
        }
        String folder = known.toString();
        while (at != null && !read.containsKey(at.node())) {
            Listing listing = stands(at, folder) ? read(folder) : null;
            if (listing != null) {
                exchanged |= !stands(at, folder);
                readBelow(listing, false);
                read.put(at.node(), listing);
                return;
            }
            // It is gone, or another one has its place: the folder above shows that.
            at = trees.local().get(at.parent());
            folder = folder.contains("/") ? folder.substring(0, folder.lastIndexOf('/')) : "";
        }
    }

    /** What another folder holds, that has its path now, must not be taken for what it holds. */
    private boolean stands(LocalNode folder, String path) throws IOException {
        if (folder.parent() == null || folder.print().inode() == 0) {
            return true;
        }
        boolean same = holds(path, folder.print());
        if (!same) {
            elsewhere.add(folder.node());
        }
        return same;
    }

    private boolean holds(String path, Fingerprint folder) throws IOException {
        DiskEntry entry = disk.look(path);
        return entry != null
                && entry.kind() == NodeKind.FOLDER
                && (folder.inode() == 0 || entry.print().sameFile(folder));
    }

    private @Nullable Listing read(String path) throws IOException {
        Listing listing = new Listing(path);
        List<DiskEntry> found;
        try {
            found = disk.list(path);
        } catch (FolderMissingException e) {
            throw e;
        } catch (IOException e) {
            if (path.isEmpty()) {
                throw e;
            }
            problems.put(path, "cannot be read: " + e.getMessage());
            listing.unreadable = true;
            return listing;
        }
        if (found == null) {
            return null;
        }
        folders.add(path);
        for (DiskEntry entry : found) {
            accept(listing, entry);
        }
        listing.entries.sort(Comparator.comparing(DiskEntry::name));
        return listing;
    }

    private void accept(Listing listing, DiskEntry entry) {
        String path = listing.path.isEmpty() ? entry.name() : listing.path + '/' + entry.name();
        boolean folder = entry.kind() == NodeKind.FOLDER;
        if (scope.ignored(path, folder)) {
            listing.holds = true;
        } else if (entry.kind() == null) {
            listing.holds = true;
            problems.put(
                    path,
                    "cannot be synced: its name is not valid UTF-8 of 1 to 255 bytes, or it is"
                            + " neither file, folder nor symbolic link");
        } else {
            listing.entries.add(entry);
            if (folder) {
                found(path, entry.print());
            }
        }
    }

    private void found(String path, Fingerprint print) {
        Fingerprint before = foldersFound.put(print.inode(), print);
        String place = foldersAt.put(print.inode(), path);
        if (before != null && before.sameFile(print) && !path.equals(place)) {
            doubles.add(path);
        }
    }

    private void readBelow(@Nullable Listing top, boolean all) throws IOException {
        Deque<Listing> todo = new ArrayDeque<>();
        if (top != null) {
            todo.add(top);
        }
        while (!todo.isEmpty()) {
            Listing at = todo.removeLast();
            for (DiskEntry entry : List.copyOf(at.entries)) {
                String path = at.path.isEmpty() ? entry.name() : at.path + '/' + entry.name();
                boolean read =
                        all || unread.contains(path) || doubles.contains(path) || !known(entry);
                if (entry.kind() != NodeKind.FOLDER || !read) {
                    continue;
                }
                Listing below = read(path);
                if (below == null) {
                    at.entries.remove(entry);
                } else {
                    exchanged |= !holds(path, entry.print());
                    at.folders.put(entry.name(), below);
                    todo.add(below);
                }
            }
        }
    }

    private boolean known(DiskEntry entry) {
        LocalNode node = trees.byInode(entry.print().inode());
        return node != null && node.folder() && node.print().sameFile(entry.print());
    }

    private ScanResult match(Map<NodeId, Listing> read, boolean full) throws IOException {
        new Matcher(disk, trees, ids, foldersFound, full).match(read);
        return new ScanResult(folders, problems, elsewhere);
    }
}
