package dev.holdfast.sync.sim;

import dev.holdfast.model.wire.NodeKind;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A person at a device, doing what people and their editors do to files, at random. */
final class SimUser {
    static final int DEEDS = 14;
    private static final String[] NAMES = {"a", "b", "c", "d", "e.txt"};
    private static final int LARGE_BYTES = 700_000;

    private final String who;
    private final SimDisk disk;
    private final SplittableRandom random;
    private final Ledger ledger;
    private final List<Integer> deeds;
    private final List<String> log;

    SimUser(
            String who,
            SimDisk disk,
            SplittableRandom random,
            Ledger ledger,
            List<Integer> deeds,
            List<String> log) {
        this.who = who;
        this.disk = disk;
        this.random = random;
        this.ledger = ledger;
        this.deeds = deeds;
        this.log = log;
    }

    void act() {
        switch (deeds.get(random.nextInt(deeds.size()))) {
            case 0, 1 -> createFile();
            case 2 -> createFolder();
            case 3 -> overwrite();
            case 4 -> saveByRename();
            case 5 -> delete(NodeKind.FILE);
            case 6 -> delete(NodeKind.FOLDER);
            case 7 -> move(NodeKind.FILE);
            case 8 -> move(NodeKind.FOLDER);
            case 9 -> attributes();
            case 10 -> symlink();
            case 11 -> swap();
            case 12 -> copy();
            default -> deleteAndCreate();
        }
    }

    private void note(String what) {
        log.add(who + ": " + what);
    }

    private void gather(String path, SimDisk.Inode inode, NodeKind kind, List<String> found) {
        inode.children.forEach((name, child) -> {
            String at = path.isEmpty() ? name : path + "/" + name;
            if (child.kind == kind) {
                found.add(at);
            }
            gather(at, child, kind, found);
        });
    }

    private List<String> all(NodeKind kind) {
        List<String> found = new ArrayList<>();
        gather("", disk.root(), kind, found);
        return found;
    }

    private @Nullable String any(NodeKind kind) {
        List<String> found = all(kind);
        return found.isEmpty() ? null : found.get(random.nextInt(found.size()));
    }

    /** A name that is free, in some folder; null when the first guess is taken. */
    private @Nullable String free() {
        List<String> folders = all(NodeKind.FOLDER);
        folders.add("");
        String folder = folders.get(random.nextInt(folders.size()));
        String name = NAMES[random.nextInt(NAMES.length)];
        String path = folder.isEmpty() ? name : folder + "/" + name;
        return disk.at(path) == null ? path : null;
    }

    private int size() {
        return random.nextInt(40) == 0 ? LARGE_BYTES : 24 + random.nextInt(100);
    }

    private void createFile() {
        String path = free();
        if (path != null) {
            SimDisk.Inode file = disk.create(NodeKind.FILE);
            file.bytes = ledger.write(who, size());
            disk.link(path, file);
            note("creates " + path);
        }
    }

    private void createFolder() {
        String path = free();
        if (path != null && path.length() < 14) {
            disk.link(path, disk.create(NodeKind.FOLDER));
            note("creates folder " + path);
        }
    }

    private void overwrite() {
        String path = any(NodeKind.FILE);
        SimDisk.Inode file = path == null ? null : disk.at(path);
        if (file != null) {
            ledger.letGo(file.bytes);
            file.bytes = ledger.write(who, size());
            file.mtime = disk.create(NodeKind.FILE).mtime;
            file.ctime = file.mtime;
            note("overwrites " + path);
        }
    }

    private void saveByRename() {
        String path = any(NodeKind.FILE);
        SimDisk.Inode old = path == null ? null : disk.at(path);
        if (path != null && old != null) {
            ledger.letGo(old.bytes);
            SimDisk.Inode file = disk.create(NodeKind.FILE);
            file.bytes = ledger.write(who, size());
            disk.link(path, file);
            note("saves over " + path);
        }
    }

    private void deleteAndCreate() {
        String path = any(NodeKind.FILE);
        if (path != null) {
            letGoBelow(disk.unlink(path));
            SimDisk.Inode file = disk.create(NodeKind.FILE);
            file.bytes = ledger.write(who, size());
            disk.link(path, file);
            note("deletes and creates " + path);
        }
    }

    private void letGoBelow(SimDisk.@Nullable Inode inode) {
        if (inode != null) {
            if (inode.kind == NodeKind.FILE) {
                ledger.letGo(inode.bytes);
            }
            inode.children.values().forEach(this::letGoBelow);
        }
    }

    private void delete(NodeKind kind) {
        String path = any(kind);
        if (path != null) {
            letGoBelow(disk.unlink(path));
            note("deletes " + path);
        }
    }

    private void move(NodeKind kind) {
        String from = any(kind);
        String to = free();
        if (from != null && to != null && !(to + "/").startsWith(from + "/")) {
            SimDisk.Inode inode = disk.unlink(from);
            if (inode != null && disk.at(SimDisk.parentOf(to)) != null) {
                disk.link(to, inode);
                note("moves " + from + " to " + to);
            }
        }
    }

    private void attributes() {
        String path = any(NodeKind.FILE);
        SimDisk.Inode file = path == null ? null : disk.at(path);
        if (file != null) {
            file.executable = random.nextBoolean();
            file.mtime = disk.create(NodeKind.FILE).mtime;
            file.ctime = file.mtime;
            note("changes attributes of " + path);
        }
    }

    private void symlink() {
        String path = free();
        String old = any(NodeKind.SYMLINK);
        if (old != null && random.nextBoolean()) {
            disk.unlink(old);
            path = old;
        }
        if (path != null) {
            SimDisk.Inode link = disk.create(NodeKind.SYMLINK);
            link.target = "target-" + random.nextInt(5);
            disk.link(path, link);
            note("links " + path);
        }
    }

    private void swap() {
        NodeKind kind = random.nextBoolean() ? NodeKind.FILE : NodeKind.FOLDER;
        String one = any(kind);
        String two = any(kind);
        if (one == null
                || two == null
                || (one + "/").startsWith(two + "/")
                || (two + "/").startsWith(one + "/")) {
            return;
        }
        SimDisk.Inode first = disk.unlink(one);
        SimDisk.Inode second = disk.unlink(two);
        if (first != null && second != null) {
            disk.link(one, second);
            disk.link(two, first);
            note("swaps " + one + " and " + two);
        }
    }

    private void copy() {
        String from = any(NodeKind.FILE);
        String to = free();
        SimDisk.Inode source = from == null ? null : disk.at(from);
        if (source != null && to != null) {
            SimDisk.Inode file = disk.create(NodeKind.FILE);
            file.bytes = source.bytes.clone();
            disk.link(to, file);
            note("copies " + from + " to " + to);
        }
    }
}
