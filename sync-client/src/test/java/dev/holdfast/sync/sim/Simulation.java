package dev.holdfast.sync.sim;

import dev.holdfast.model.DeviceId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.Op;
import dev.holdfast.sync.engine.Report;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One run under one seed: a swarm of edits and faults, rest, and then the promises. */
final class Simulation {
    private static final int REST_ROUNDS_MAX = 60;

    /** Of a kernel with fine times, and of kernels that count them in ticks. */
    private static final long[] GRANULARITIES = {1, 10_000_000, 20_000_000};

    private static final DeviceId ELSEWHERE = new DeviceId(new Id128(7, 7));
    private static final long REST_OF_DISPLACED_MILLIS = 700_000;
    private static final long YEAR_MILLIS = 31_536_000_000L;

    final ModelServer server;
    final SimClock clock = new SimClock();
    final List<SimDevice> devices = new ArrayList<>();
    final Ledger ledger = new Ledger();
    final List<String> log = new ArrayList<>();
    private final List<SimUser> users = new ArrayList<>();
    private final SplittableRandom random;

    /** Of its own, so that the seeds that find a planted bug go on finding it. */
    private final SplittableRandom disasters;

    private List<Integer> deeds = List.of();
    private boolean setsClocksBack;

    /** Devices read what the disk tells of, and not the whole folder each time. */
    private boolean follows;

    private boolean interleaved;

    /** Clients look at files in the moment in which they were written. */
    private boolean hasty;

    private boolean restoresFolders;
    private long restored;
    private boolean resetsCursors;
    private boolean losesDatabases;
    private boolean restoresServer;
    private @Nullable ServerBackup backup;
    private boolean writesOnly;

    Simulation(long seed) {
        this.random = new SplittableRandom(seed);
        this.disasters = new SplittableRandom(~seed);
        this.server = new ModelServer(new NamespaceId(new Id128(seed, 1)));
        boolean faulty = random.nextInt(4) > 0;
        double crash = faulty && random.nextBoolean() ? 0.01 : 0;
        double lost = faulty && random.nextBoolean() ? 0.05 : 0;
        double meanwhile = faulty && random.nextBoolean() ? 0.02 : 0;
        double twice = faulty && random.nextBoolean() ? 0.1 : 0;
        double others = random.nextBoolean() ? 0.2 : 0;
        double again = random.nextInt(3) == 0 ? 0.3 : 0;
        setsClocksBack = seed % 8 == 5;
        follows = random.nextInt(3) > 0;
        hasty = again > 0;
        resetsCursors = random.nextInt(4) == 0;
        losesDatabases = random.nextInt(4) == 0;
        restoresServer = random.nextInt(4) == 0;
        restoresFolders = random.nextInt(3) == 0;
        long granularityNanos = GRANULARITIES[random.nextInt(GRANULARITIES.length)];
        boolean reusesInodes = random.nextInt(3) == 0;
        int count = 2 + random.nextInt(2);
        log.add(
                String.format(
                        Locale.ROOT,
                        "crash %s, lost %s, meanwhile %s, twice %s, others %s, again %s, follows %b, resets cursors %b,"
                                + " loses databases %b, restores the server %b, restores folders %b, steps of %d ns,"
                                + " reuses inodes %b, sets clocks back %b",
                        crash,
                        lost,
                        meanwhile,
                        twice,
                        others,
                        again,
                        follows,
                        resetsCursors,
                        losesDatabases,
                        restoresServer,
                        restoresFolders,
                        granularityNanos,
                        reusesInodes,
                        setsClocksBack));
        deeds = deeds();
        for (int i = 0; i < count; i++) {
            String name = "dev" + i;
            Faults faults =
                    new Faults(clock, random.split(), crash, lost, meanwhile, twice, others, again);
            SimDevice device = new SimDevice(name, server, clock, random.split(), faults);
            SimUser user = new SimUser(name, device.disk, random.split(), ledger, deeds, log);
            faults.meanwhile(user::act);
            int own = i;
            faults.saveAgain(user::saveAgain);
            faults.othersTurn(() -> othersTurn(own));
            faults.disaster(this::disasterMeanwhile);
            device.disk.granularityNanos = granularityNanos;
            device.disk.reusesInodes = reusesInodes;
            devices.add(device);
            users.add(user);
        }
    }

    /** While a device waits for the server another one does all that it has to do. */
    private void othersTurn(int waiting) {
        if (interleaved) {
            return;
        }
        interleaved = true;
        int other = random.nextInt(devices.size() - 1);
        sync(other < waiting ? other : other + 1);
        interleaved = false;
    }

    /** Two devices and no faults, for a story told step by step. */
    static Simulation calm(long seed) {
        return new Simulation(seed, 2);
    }

    private Simulation(long seed, int count) {
        this.random = new SplittableRandom(seed);
        this.disasters = new SplittableRandom(~seed);
        this.server = new ModelServer(new NamespaceId(new Id128(seed, 1)));
        for (int i = 0; i < count; i++) {
            Faults faults = Faults.none(clock);
            devices.add(new SimDevice("dev" + i, server, clock, random.split(), faults));
        }
    }

    /** Syncs the devices in this order until each has seen what the others did. */
    void settle(SimDevice... inOrder) {
        for (int round = 0; round < 2; round++) {
            for (SimDevice device : inOrder) {
                clock.advanceMillis(100);
                sync(devices.indexOf(device));
            }
        }
    }

    /** Swarm style: each run leaves out some kinds of deeds. */
    private List<Integer> deeds() {
        List<Integer> deeds = new ArrayList<>(List.of(0, 1, 2));
        for (int deed = 3; deed < SimUser.DEEDS; deed++) {
            if (random.nextInt(3) > 0) {
                deeds.add(deed);
            }
        }
        return deeds;
    }

    void run(int steps) {
        for (int i = 0; i < steps; i++) {
            int which = random.nextInt(devices.size());
            if (random.nextInt(3) > 0) {
                users.get(which).act();
                if (hasty && random.nextInt(3) == 0) {
                    sync(which);
                }
            } else {
                sync(which);
            }
            clock.advanceMillis(1 + random.nextInt(50));
            if (random.nextInt(20) == 0) {
                clock.advanceMillis(100_000);
            }
            if (setsClocksBack && random.nextInt(30) == 0) {
                log.add("the clock is set back by a year");
                clock.advanceMillis(-YEAR_MILLIS);
            }
            disaster();
        }
        rest();
        check();
        nothingIsInvented();
    }

    private void nothingIsInvented() {
        for (NodeState node : server.all()) {
            Sha256 hash = node.contentHash();
            if (server.live(node.node()) && hash != null && !ledger.wasWritten(hash)) {
                throw new AssertionError("invented: " + node);
            }
        }
    }

    /** People only write: then nothing may ever be there twice, whatever happens to requests. */
    void writesOnly() {
        writesOnly = true;
        deeds.retainAll(List.of(0, 1, 2, 3, 9));
        resetsCursors = false;
        losesDatabases = false;
        restoresServer = false;
        restoresFolders = false;
    }

    /** Somebody takes a folder out of the trash by another way than one of these devices. */
    private void takeOutOfTrash() {
        List<NodeState> found = new ArrayList<>();
        for (NodeState node : server.all()) {
            if (node.trashed() && node.kind() == NodeKind.FOLDER) {
                found.add(node);
            }
        }
        if (!found.isEmpty()) {
            NodeState folder = found.get(random.nextInt(found.size()));
            log.add("somebody restores " + folder.name());
            long sequence = ++restored;
            server.apply(ELSEWHERE, sequence, new Op.Restore(sequence, folder.node(), null, null));
        }
    }

    private void disaster() {
        if (restoresFolders && random.nextInt(10) == 0) {
            takeOutOfTrash();
        }
        if (resetsCursors && random.nextInt(30) == 0) {
            log.add("the server does not know its cursors any more");
            server.epoch++;
        }
        mayLoseDatabase(devices.get(random.nextInt(devices.size())), 40);
        if (restoresServer && random.nextInt(25) == 0) {
            log.add("the server is backed up");
            backup = server.backup();
        }
        if (backup != null && random.nextInt(40) == 0) {
            log.add("the server is restored from its backup");
            server.restore(backup);
        }
    }

    /** While a request is on its way: what led to it was read from a server that is no more. */
    private void disasterMeanwhile(String where) {
        int once = where.equals("request: ops") ? 5 : 100;
        if (restoresServer && backup != null && disasters.nextInt(once) == 0) {
            log.add("the server is restored from its backup meanwhile");
            server.restore(backup);
        }
    }

    private void sync(int which) {
        SimDevice device = devices.get(which);
        log.add(device.name + " syncs");
        try {
            cycle(device);
        } catch (SimulatedCrash e) {
            log.add(device.name + " dies: " + e.getMessage());
            device.died();
            mayLoseDatabase(device, 4);
        } catch (IOException e) {
            log.add(device.name + " fails: " + e.getMessage());
            mayLoseDatabase(device, 4);
        }
    }

    private void mayLoseDatabase(SimDevice device, int once) {
        if (losesDatabases && random.nextInt(once) == 0) {
            log.add(device.name + " loses its database");
            device.forgets();
        }
    }

    private Report cycle(SimDevice device) throws IOException {
        return follows ? device.follow() : device.sync();
    }

    /** Everybody keeps still until all clients have nothing left to do. */
    void rest() {
        devices.forEach(device -> device.faults.off());
        int quiet = 0;
        List<Report> reports = new ArrayList<>();
        for (int round = 0; round < REST_ROUNDS_MAX && quiet < 2; round++) {
            clock.advanceMillis(70_000);
            boolean changed = false;
            reports.clear();
            for (SimDevice device : devices) {
                log.add(device.name + " comes to rest");
                try {
                    Report report = cycle(device);
                    reports.add(report);
                    changed |= report.changed() || !report.clean();
                } catch (IOException e) {
                    throw new AssertionError(device.name + " fails without a fault", e);
                }
            }
            quiet = changed ? 0 : quiet + 1;
            if (quiet == 1 && devices.stream().anyMatch(one -> !one.disk.displaced().isEmpty())) {
                quiet = 0;
                clock.advanceMillis(REST_OF_DISPLACED_MILLIS);
            }
        }
        if (quiet < 2) {
            throw new AssertionError("the devices do not come to rest: " + reports);
        }
    }

    private Map<String, String> serverPicture() {
        Map<NodeId, NodeState> live = new HashMap<>();
        for (NodeState node : server.all()) {
            if (server.live(node.node())) {
                live.put(node.node(), node);
            }
        }
        Map<String, String> picture = new TreeMap<>();
        for (NodeState node : live.values()) {
            StringBuilder path = new StringBuilder(node.name());
            NodeState at = live.get(node.parent());
            while (at != null) {
                path.insert(0, at.name() + "/");
                at = live.get(at.parent());
            }
            picture.put(path.toString(), describe(node));
        }
        return picture;
    }

    private static String describe(NodeState node) {
        if (node.kind() == NodeKind.FOLDER) {
            return "folder";
        }
        return node.kind() == NodeKind.SYMLINK
                ? "link to " + node.target()
                : "file " + node.contentHash() + " " + node.mtimeNanos() + " " + node.executable();
    }

    void check() {
        Map<String, String> truth = serverPicture();
        for (SimDevice device : devices) {
            if (!device.picture().equals(truth)) {
                throw new AssertionError(
                        device.name
                                + " is not equal to the server:\n"
                                + device.picture()
                                + "\n"
                                + truth);
            }
        }
        for (SimDevice device : devices) {
            if (!device.disk.unfinished.isEmpty()) {
                throw new AssertionError(device.name + " leaves staged files behind");
            }
        }
        Set<Sha256> present = new HashSet<>();
        for (NodeState node : server.all()) {
            if (server.live(node.node()) && node.contentHash() != null) {
                if (!present.add(node.contentHash()) && writesOnly) {
                    throw new AssertionError("there twice: " + node);
                }
            }
        }
        ledger.alive()
                .forEach((hash, what) -> {
                    if (!present.contains(hash)) {
                        throw new AssertionError("lost: " + what + " " + hash);
                    }
                });
    }
}
