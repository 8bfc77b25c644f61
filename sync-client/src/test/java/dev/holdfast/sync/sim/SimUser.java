package dev.holdfast.sync.sim;

import dev.holdfast.model.wire.NodeKind;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A person at a device, doing what people and their editors do to files, at random. */
final class SimUser {
    static final int DEEDS = 15;
    private static final String[] NAMES = {"a", "b", "c", "d", "e.txt"};
    private static final int LARGE_BYTES = 700_000;
    private static final int SMALL_BYTES_MIN = 24;

    private final String who;
    private final SimDisk disk;
    private final SplittableRandom random;
    private final Ledger ledger;
    private final List<Integer> deeds;
    private final List<String> log;
    private @Nullable SimInode open;

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
            case 13 -> writeLate();
            default -> deleteAndCreate();
        }
    }

    private void free(@Nullable SimInode gone) {
        if (gone != null && gone != open) {
            disk.free(gone);
        }
    }

    private void note(String what) {
        log.add(who + ": " + what);
    }

    private void gather(String path, SimInode inode, NodeKind kind, List<String> found) {
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
        return random.nextInt(40) == 0 ? LARGE_BYTES : SMALL_BYTES_MIN + random.nextInt(100);
    }

    private void createFile() {
        String path = free();
        if (path != null) {
            SimInode file = disk.create(NodeKind.FILE);
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
        SimInode file = path == null ? null : disk.at(path);
        if (file != null) {
            write(file);
            note("overwrites " + path);
        }
    }

    /** Often a file keeps its size, so that only its times tell. */
    private void write(SimInode file) {
        ledger.letGo(file.bytes);
        boolean sameSize = file.bytes.length >= SMALL_BYTES_MIN && random.nextBoolean();
        file.bytes = ledger.write(who, sameSize ? file.bytes.length : size());
        disk.written(file);
    }

    /** A program changes what it has just written; its size stays, so that only its times tell. */
    void saveAgain(SimInode file) {
        if (disk.inTree(file) && file.bytes.length >= SMALL_BYTES_MIN) {
            ledger.letGo(file.bytes);
            file.bytes = ledger.write(who, file.bytes.length);
            disk.written(file);
            note("writes again to a file that was just read");
        }
    }

    /**
     * A program writes to a file that it has opened, wherever that file is by now. Where a person
     * has deleted it or saved over it, the bytes go nowhere, as that person meant it.
     */
    private void writeLate() {
        SimInode file = open;
        String path = any(NodeKind.FILE);
        open = path == null ? null : disk.at(path);
        if (file == null) {
            return;
        }
        if (disk.inTree(file)) {
            write(file);
            note("writes to an open file");
        } else if (disk.rests(file)) {
            file.bytes = ledger.write(who, size());
            disk.written(file);
            note("writes to an open file that was taken away");
        }
    }

    private void saveByRename() {
        String path = any(NodeKind.FILE);
        SimInode old = path == null ? null : disk.at(path);
        if (path != null && old != null) {
            ledger.letGo(old.bytes);
            SimInode file = disk.create(NodeKind.FILE);
            file.bytes = ledger.write(who, size());
            disk.link(path, file);
            free(old);
            note("saves over " + path);
        }
    }

    private void deleteAndCreate() {
        String path = any(NodeKind.FILE);
        if (path != null) {
            SimInode gone = disk.unlink(path);
            letGoBelow(gone);
            free(gone);
            SimInode file = disk.create(NodeKind.FILE);
            file.bytes = ledger.write(who, size());
            disk.link(path, file);
            note("deletes and creates " + path);
        }
    }

    private void letGoBelow(@Nullable SimInode inode) {
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
            SimInode gone = disk.unlink(path);
            letGoBelow(gone);
            free(gone);
            note("deletes " + path);
        }
    }

    private void move(NodeKind kind) {
        String from = any(kind);
        String to = free();
        if (from != null && to != null && !(to + "/").startsWith(from + "/")) {
            SimInode inode = disk.unlink(from);
            if (inode != null && disk.at(SimDisk.parentOf(to)) != null) {
                disk.link(to, inode);
                note("moves " + from + " to " + to);
            }
        }
    }

    private void attributes() {
        String path = any(NodeKind.FILE);
        SimInode file = path == null ? null : disk.at(path);
        if (file != null) {
            file.executable = random.nextBoolean();
            disk.written(file);
            note("changes attributes of " + path);
        }
    }

    private void symlink() {
        String path = free();
        String old = any(NodeKind.SYMLINK);
        if (old != null && random.nextBoolean()) {
            free(disk.unlink(old));
            path = old;
        }
        if (path != null) {
            SimInode link = disk.create(NodeKind.SYMLINK);
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
        SimInode first = disk.unlink(one);
        SimInode second = disk.unlink(two);
        if (first != null && second != null) {
            disk.link(one, second);
            disk.link(two, first);
            note("swaps " + one + " and " + two);
        }
    }

    private void copy() {
        String from = any(NodeKind.FILE);
        String to = free();
        SimInode source = from == null ? null : disk.at(from);
        if (source != null && to != null) {
            SimInode file = disk.create(NodeKind.FILE);
            file.bytes = source.bytes.clone();
            disk.link(to, file);
            note("copies " + from + " to " + to);
        }
    }
}
