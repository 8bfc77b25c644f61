package dev.holdfast.sync.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.wire.NodeKind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Two devices start from one small tree; each does something, in every combination, and then both
 * sync: they end equal, lose no edit, and it does not matter which of them did what, but for the
 * order in which the server heard of it.
 */
class EveryPairOfDeedsTest {
    private interface Deed {
        /** False when there is nothing it could be done to. */
        boolean apply(SimDevice device, Ledger ledger, String who);
    }

    private record Named(String name, Deed deed) {}

    private static final List<String> FILES = List.of("f", "d/f", "d/g");
    private static final List<String> NEW = List.of("f", "n", "d", "d/f", "d/n");

    private static List<Named> deeds() {
        List<Named> deeds = new ArrayList<>();
        for (String file : FILES) {
            deeds.add(new Named("edit " + file, (d, l, w) -> edit(d, l, w, file)));
        }
        for (String gone : List.of("f", "d/f", "d")) {
            deeds.add(new Named("delete " + gone, (d, l, w) -> delete(d, l, gone)));
        }
        for (String made : NEW) {
            deeds.add(new Named("create " + made, (d, l, w) -> create(d, l, w, made)));
        }
        deeds.add(new Named("folder n", (d, l, w) -> folder(d, "n")));
        for (String[] move :
                new String[][] {
                    {"f", "n"}, {"f", "d/n"}, {"d/f", "n"}, {"d/f", "d/n"}, {"d", "n"}, {"f", "F"}
                }) {
            deeds.add(
                    new Named(
                            "move " + move[0] + " to " + move[1],
                            (d, l, w) -> move(d, move[0], move[1])));
        }
        deeds.add(new Named("swap f and d/f", (d, l, w) -> swap(d)));
        deeds.add(new Named("save over f", (d, l, w) -> saveOver(d, l, w)));
        return deeds;
    }

    private static boolean edit(SimDevice device, Ledger ledger, String who, String path) {
        SimInode file = device.disk.at(path);
        if (file == null || file.kind != NodeKind.FILE) {
            return false;
        }
        ledger.letGo(file.bytes);
        file.bytes = ledger.write(who, 40);
        file.mtime = device.disk.create(NodeKind.FILE).mtime;
        file.ctime = file.mtime;
        return true;
    }

    private static boolean delete(SimDevice device, Ledger ledger, String path) {
        if (device.disk.at(path) == null) {
            return false;
        }
        letGo(ledger, device.disk.unlink(path));
        return true;
    }

    private static void letGo(Ledger ledger, @Nullable SimInode inode) {
        if (inode != null) {
            ledger.letGo(inode.bytes);
            inode.children.values().forEach(child -> letGo(ledger, child));
        }
    }

    private static boolean free(SimDevice device, String path) {
        SimInode folder = device.disk.at(SimDisk.parentOf(path));
        return folder != null && folder.kind == NodeKind.FOLDER && device.disk.at(path) == null;
    }

    private static boolean create(SimDevice device, Ledger ledger, String who, String path) {
        if (!free(device, path)) {
            return false;
        }
        SimInode file = device.disk.create(NodeKind.FILE);
        file.bytes = ledger.write(who, 40);
        device.disk.link(path, file);
        return true;
    }

    private static boolean folder(SimDevice device, String path) {
        if (!free(device, path)) {
            return false;
        }
        device.disk.link(path, device.disk.create(NodeKind.FOLDER));
        return true;
    }

    private static boolean move(SimDevice device, String from, String to) {
        if (device.disk.at(from) == null || !free(device, to)) {
            return false;
        }
        SimInode moved = device.disk.unlink(from);
        if (moved == null) {
            return false;
        }
        device.disk.link(to, moved);
        return true;
    }

    private static boolean swap(SimDevice device) {
        if (device.disk.at("f") == null || device.disk.at("d/f") == null) {
            return false;
        }
        SimInode one = device.disk.unlink("f");
        SimInode two = device.disk.unlink("d/f");
        if (one == null || two == null) {
            return false;
        }
        device.disk.link("f", two);
        device.disk.link("d/f", one);
        return true;
    }

    private static boolean saveOver(SimDevice device, Ledger ledger, String who) {
        SimInode old = device.disk.at("f");
        if (old == null || old.kind != NodeKind.FILE) {
            return false;
        }
        ledger.letGo(old.bytes);
        SimInode file = device.disk.create(NodeKind.FILE);
        file.bytes = ledger.write(who, 40);
        device.disk.link("f", file);
        return true;
    }

    /** What is left in the end, by path; edits are named by who made which. */
    private static Map<String, String> run(
            List<Named> first, List<Named> second, boolean mirrored) {
        Simulation simulation = Simulation.calm(1);
        SimDevice one = simulation.devices.get(mirrored ? 1 : 0);
        SimDevice two = simulation.devices.get(mirrored ? 0 : 1);
        folder(one, "d");
        create(one, simulation.ledger, "base", "f");
        create(one, simulation.ledger, "base", "d/f");
        create(one, simulation.ledger, "base", "d/g");
        simulation.settle(one, two);
        first.forEach(deed -> deed.deed.apply(one, simulation.ledger, "first"));
        second.forEach(deed -> deed.deed.apply(two, simulation.ledger, "second"));
        simulation.settle(one, two);
        simulation.rest();
        simulation.check();
        Map<String, String> picture = new TreeMap<>();
        texts("", one.disk.root(), picture);
        return picture;
    }

    private static void texts(String path, SimInode inode, Map<String, String> picture) {
        inode.children.forEach((name, child) -> {
            String at = path + "/" + name.replace("dev0", "dev").replace("dev1", "dev");
            picture.put(
                    at,
                    child.kind == NodeKind.FILE
                            ? new String(child.bytes, StandardCharsets.UTF_8).strip()
                            : "folder");
            texts(at, child, picture);
        });
    }

    private static void both(List<Named> first, List<Named> second) {
        String what =
                first.stream().map(Named::name).toList()
                        + " on one device, "
                        + second.stream().map(Named::name).toList()
                        + " on the other";
        try {
            Map<String, String> straight = run(first, second, false);
            Map<String, String> mirrored = run(first, second, true);
            assertThat(mirrored).isEqualTo(straight);
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(what, e);
        }
    }

    @Test
    void oneDeedEach() {
        for (Named first : deeds()) {
            for (Named second : deeds()) {
                both(List.of(first), List.of(second));
            }
        }
    }

    @Test
    void twoDeedsAgainstOne() {
        // All of them in soak; in verify every third, beginning elsewhere for each pair.
        int step = Boolean.getBoolean("holdfast.soak") ? 1 : 3;
        List<Named> deeds = deeds();
        for (int i = 0; i < deeds.size(); i++) {
            for (int j = 0; j < deeds.size(); j++) {
                for (int k = (i + j) % step; k < deeds.size(); k += step) {
                    both(List.of(deeds.get(i), deeds.get(j)), List.of(deeds.get(k)));
                }
            }
        }
    }
}
