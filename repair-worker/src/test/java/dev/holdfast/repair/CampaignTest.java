package dev.holdfast.repair;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.metadata.ChunkLocation;
import dev.holdfast.metadata.ChunkRow;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import dev.holdfast.repair.RepairWorld.Scrubbed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.Test;

/**
 * Random damages of every kind, against a model that says what must be repairable: a chunk is, when
 * one replica of its pack holds its payload in any file that is still there. After one cycle
 * everything repairable reads well, everything else is lost by its row, and no replica that was not
 * damaged has changed.
 */
class CampaignTest {
    private static final int HEADER = 64;
    private static final int SEEDS = Boolean.getBoolean("holdfast.soak") ? 300 : 5;

    @Test
    void whatMustBeRepairableIsRepairedAndNothingElseIsTouched() throws Exception {
        String chosen = System.getProperty("holdfast.seed");
        long first = chosen == null ? 20_261_123L : Long.parseLong(chosen);
        for (long seed = first; seed < first + (chosen == null ? SEEDS : 1); seed++) {
            Campaign campaign = new Campaign(seed);
            try {
                campaign.run();
            } catch (Exception | AssertionError failure) {
                throw new AssertionError(
                        "seed "
                                + seed
                                + " failed after "
                                + campaign.done
                                + "; replay with: mvn -pl repair-worker test"
                                + " -Dtest=CampaignTest -Dholdfast.seed="
                                + seed,
                        failure);
            } finally {
                campaign.world.close();
            }
        }
    }

    /** One campaign. */
    private static final class Campaign {
        private final SplittableRandom random;
        private final RepairWorld world;
        private final List<String> done = new ArrayList<>();
        private final Map<Sha256, ChunkLocation> places = new HashMap<>();
        private final List<byte[]> chunks = new ArrayList<>();
        private final List<PackId> packs = new ArrayList<>();

        /** By pack and DataNode, bytes of the replica that are left. */
        private final Map<PackId, long[]> left = new HashMap<>();

        private final Set<PackId> deleted = new HashSet<>();

        /** By the pack that a file is named by, the pack that it holds. */
        private final Map<PackId, PackId> holds = new HashMap<>();

        /** By chunk, DataNodes whose payload is bad. */
        private final Map<Sha256, Set<Integer>> bad = new HashMap<>();

        private final Set<Path> touched = new HashSet<>();
        private final Set<Sha256> misplaced = new HashSet<>();

        Campaign(long seed) {
            random = new SplittableRandom(seed);
            world = new RepairWorld(SharedHdfs.get(), seed, SharedHdfs.DATA_NODES);
        }

        void run() throws Exception {
            write();
            Map<Path, Sha256> before = new HashMap<>();
            for (PackId pack : packs) {
                for (Path block : Damage.replicas(world.hdfs, SharedHdfs.DATA_NODES, pack)) {
                    before.put(block, Sha256.hash(Files.readAllBytes(block)));
                }
            }
            int damages = 1 + random.nextInt(7);
            for (int i = 0; i < damages; i++) {
                damage();
            }
            check(world.scrub(true, true));
            for (Map.Entry<Path, Sha256> block : before.entrySet()) {
                if (!touched.contains(block.getKey()) && !deletedReplica(block.getKey())) {
                    assertThat(Sha256.hash(Files.readAllBytes(block.getKey())))
                            .as("a replica that was good")
                            .isEqualTo(block.getValue());
                }
            }
            Scrubbed again = world.scrub(true, true);
            long lost = chunks.stream().filter(chunk -> !repairable(chunk)).count();
            assertThat(again.result().lost()).as("what a second cycle finds").isEqualTo(lost);
            assertThat(again.result().remaining()).isEqualTo(lost);
        }

        /** HDFS deletes the blocks of a file that was deleted. */
        private boolean deletedReplica(Path block) {
            return !Files.exists(block) && !deleted.isEmpty();
        }

        private void write() throws Exception {
            try (ChunkStore store = world.openStore()) {
                for (int file = 0; file < 12; file++) {
                    byte[][] list = new byte[1 + random.nextInt(4)][];
                    for (int i = 0; i < list.length; i++) {
                        list[i] = world.bytes(1 + random.nextInt(40_000));
                        if (random.nextInt(4) == 0) {
                            // Compresses to next to nothing.
                            Arrays.fill(list[i], 8, list[i].length, (byte) file);
                        }
                        chunks.add(list[i]);
                    }
                    world.file(store, "file" + file, list);
                }
            }
            Set<String> ids = new TreeSet<>();
            for (byte[] chunk : chunks) {
                ChunkLocation at = world.location(chunk);
                places.put(Sha256.hash(chunk), at);
                ids.add(at.pack().toString());
            }
            for (String id : ids) {
                PackId pack = PackId.parse(id);
                packs.add(pack);
                holds.put(pack, pack);
                left.put(pack, new long[] {1L << 40, 1L << 40, 1L << 40});
            }
        }

        private PackId pack() {
            return packs.get(random.nextInt(packs.size()));
        }

        private void damage() throws Exception {
            byte[] chunk = chunks.get(random.nextInt(chunks.size()));
            Sha256 hash = Sha256.hash(chunk);
            ChunkLocation at = Objects.requireNonNull(places.get(hash));
            int node = random.nextInt(SharedHdfs.DATA_NODES);
            boolean everywhere = random.nextInt(3) == 0;
            switch (random.nextInt(8)) {
                case 0, 1 -> flip(hash, at, node, everywhere, random.nextBoolean());
                case 2 -> {
                    for (Path block : blocks(at.pack(), node, everywhere)) {
                        Damage.breakChecksum(block, at.offset() + HEADER);
                        note("checksums of " + hash, block);
                    }
                }
                case 3 -> truncate(at.pack(), node);
                case 4 -> {
                    for (Path block : blocks(at.pack(), node, false)) {
                        Damage.delete(block);
                        Objects.requireNonNull(left.get(at.pack()))[node] = 0;
                        note("delete on " + node, block);
                    }
                }
                case 5 -> deletePack();
                case 6 -> swap();
                default -> misplace(chunk, hash, at);
            }
        }

        private void note(String what, Path block) {
            done.add(what);
            touched.add(block);
        }

        private List<Path> blocks(PackId pack, int node, boolean everywhere) throws Exception {
            if (deleted.contains(pack)) {
                return List.of();
            }
            return everywhere
                    ? Damage.replicas(world.hdfs, SharedHdfs.DATA_NODES, pack)
                    : Damage.replica(world.hdfs, node, pack).stream().toList();
        }

        private void flip(Sha256 hash, ChunkLocation at, int node, boolean everywhere, boolean fix)
                throws Exception {
            long offset = at.offset() + HEADER + random.nextInt(at.storedLength());
            for (int on = 0; on < SharedHdfs.DATA_NODES; on++) {
                if (everywhere || on == node) {
                    for (Path block : blocks(at.pack(), on, false)) {
                        Set<Integer> nodes = bad.computeIfAbsent(hash, _ -> new HashSet<>());
                        if (offset < Files.size(block) && nodes.add(on)) {
                            Damage.flip(block, offset, fix);
                            note("flip " + hash + " on " + on, block);
                        }
                    }
                }
            }
        }

        private void truncate(PackId pack, int node) throws Exception {
            boolean clear =
                    places.entrySet().stream()
                            .noneMatch(e ->
                                    e.getValue().pack().equals(pack)
                                            && misplaced.contains(e.getKey()));
            for (Path block : clear ? blocks(pack, node, false) : List.<Path>of()) {
                long length = Math.max(64, random.nextLong(Files.size(block)));
                Damage.truncate(block, length);
                long[] lengths = Objects.requireNonNull(left.get(pack));
                lengths[node] = Math.min(lengths[node], length);
                note("truncate pack " + pack + " on " + node + " to " + length, block);
            }
        }

        private void deletePack() throws Exception {
            PackId pack = pack();
            if (packs.size() > 2 && deleted.isEmpty()) {
                try (FileSystem files = world.files()) {
                    files.delete(world.file(pack), false);
                }
                deleted.add(Objects.requireNonNull(holds.remove(pack)));
                done.add("delete pack " + pack);
            }
        }

        private void swap() throws Exception {
            PackId a = pack();
            PackId b = pack();
            if (!a.equals(b) && deleted.isEmpty()) {
                org.apache.hadoop.fs.Path aside =
                        new org.apache.hadoop.fs.Path(world.chunkConfig.root() + "/aside");
                try (FileSystem files = world.files()) {
                    files.rename(world.file(a), aside);
                    files.rename(world.file(b), world.file(a));
                    files.rename(aside, world.file(b));
                }
                PackId inA = Objects.requireNonNull(holds.get(a));
                holds.put(a, Objects.requireNonNull(holds.put(b, inA)));
                done.add("swap " + a + " and " + b);
            }
        }

        private void misplace(byte[] chunk, Sha256 hash, ChunkLocation at) throws Exception {
            byte[] other = chunks.get(random.nextInt(chunks.size()));
            ChunkLocation there = Objects.requireNonNull(places.get(Sha256.hash(other)));
            boolean whole = true;
            for (long length : Objects.requireNonNull(left.get(at.pack()))) {
                whole &= length >= 1L << 40;
            }
            if (whole
                    && !Sha256.hash(other).equals(hash)
                    && there.storedLength() >= at.storedLength()) {
                world.misplace(chunk, there.pack(), there.offset());
                misplaced.add(hash);
                done.add("misplace " + hash);
            }
        }

        private boolean repairable(byte[] chunk) {
            Sha256 hash = Sha256.hash(chunk);
            ChunkLocation at = Objects.requireNonNull(places.get(hash));
            if (deleted.contains(at.pack())) {
                return false;
            }
            long[] lengths = Objects.requireNonNull(left.get(at.pack()));
            for (int node = 0; node < SharedHdfs.DATA_NODES; node++) {
                boolean there = at.offset() + HEADER + at.storedLength() <= lengths[node];
                if (there && !bad.getOrDefault(hash, Set.of()).contains(node)) {
                    return true;
                }
            }
            return false;
        }

        private void check(Scrubbed scrubbed) {
            long lost = 0;
            try (ChunkStore store = world.openStore()) {
                for (byte[] chunk : chunks) {
                    ChunkRow row = world.row(chunk);
                    if (repairable(chunk)) {
                        assertThat(row.condition())
                                .as("chunk %s", row.hash())
                                .isEqualTo(ChunkRow.Condition.LIVE);
                        assertThat(world.read(store, chunk)).isEqualTo(chunk);
                    } else {
                        lost++;
                        assertThat(row.condition())
                                .as("chunk %s", row.hash())
                                .isEqualTo(ChunkRow.Condition.LOST);
                    }
                }
            }
            assertThat(scrubbed.result().lost()).isEqualTo(lost);
            assertThat(scrubbed.result().remaining()).isEqualTo(lost);
        }
    }
}
