package dev.holdfast.sync.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * Many seeded runs. A failing one prints its seed; {@code -Dholdfast.sim.seed=N
 * -Dholdfast.sim.runs=1} replays it with its log.
 */
class SimulationTest {
    private static final int STEPS = 40;

    private static final int RUNS_A_LINE = 10_000;

    /** Each bug shows within so many runs. */
    private static final int BUGGY_RUNS_MAX = 1_000;

    private static final int WRITING_RUNS = 150;

    private static void run(long seed, boolean tell) {
        Simulation simulation = new Simulation(seed);
        try {
            simulation.run(STEPS + (int) (seed % 60));
        } catch (AssertionError | RuntimeException e) {
            String replay =
                    "seed "
                            + seed
                            + "; replay: mvn -pl sync-client test -Dtest=SimulationTest"
                            + " -Dholdfast.sim.seed="
                            + seed
                            + " -Dholdfast.sim.runs=1\n";
            String story = tell ? String.join("\n", simulation.log) : "";
            throw new AssertionError(replay + story, e);
        }
    }

    @Test
    void devicesConvergeAndNoEditIsLost() {
        long first = Long.getLong("holdfast.sim.seed", 1);
        boolean soak = Boolean.getBoolean("holdfast.soak");
        int runs = Integer.getInteger("holdfast.sim.runs", soak ? 100_000 : 1_500);
        for (long seed = first; seed < first + runs; seed++) {
            run(seed, runs == 1);
            if ((seed - first + 1) % RUNS_A_LINE == 0) {
                System.out.println((seed - first + 1) + " of " + runs + " runs, seed " + seed);
            }
        }
    }

    /** Runs with a bug in it until one fails; it has to fail in these words. */
    private static void findsOut(Consumer<Simulation> plant, String words) {
        for (long seed = 1; seed <= BUGGY_RUNS_MAX; seed++) {
            Simulation simulation = new Simulation(seed);
            plant.accept(simulation);
            try {
                simulation.run(STEPS);
            } catch (AssertionError | RuntimeException e) {
                assertThat(e).hasMessageContaining(words);
                return;
            }
        }
        throw new AssertionError(BUGGY_RUNS_MAX + " runs with the bug in them, and none failed");
    }

    private static void everyDevice(Simulation simulation, Consumer<SimDevice> plant) {
        simulation.devices.forEach(plant);
    }

    /** Promise: what the client replaces or removes is what both sides had agreed on. */
    @Test
    void aDiskThatDoesNotCheckWhatItReplacesIsFoundOut() {
        findsOut(simulation -> everyDevice(simulation, one -> one.disk.careless = true), "");
    }

    /** Promise: a late write to a file that was taken away comes back as a conflict copy. */
    @Test
    void aDiskThatDropsLateWritesIsFoundOut() {
        findsOut(
                simulation -> everyDevice(simulation, one -> one.disk.dropsWhatRests = true),
                "lost");
    }

    /** Promise: an edit within the steps of the disk's clock is seen. */
    @Test
    void aClientThatTrustsCoarseTimesIsFoundOut() {
        findsOut(
                simulation -> everyDevice(simulation, one -> one.clockAheadMillis = 3_600_000), "");
    }

    /** Promise: a retry has the effect of one execution, on the device's side. */
    @Test
    void aDeviceThatForgetsWhatItSentIsFoundOut() {
        findsOut(simulation -> everyDevice(simulation, SimDevice::reusesSequences), "");
    }

    /** Promise: the same, when the database was lost. */
    @Test
    void aDeviceThatCountsFromOneAgainIsFoundOut() {
        findsOut(simulation -> everyDevice(simulation, one -> one.restartsSequences = true), "");
    }

    /** Promise: the same, on the server's side; without it a lost answer makes a second file. */
    @Test
    void aServerThatForgetsItsResultsIsFoundOut() {
        findsOut(
                simulation -> {
                    simulation.writesOnly();
                    simulation.server.forgetsResults = true;
                },
                "there twice");
    }

    @Test
    void nothingIsThereTwiceWherePeopleOnlyWrite() {
        for (long seed = 1; seed <= WRITING_RUNS; seed++) {
            Simulation simulation = new Simulation(seed);
            simulation.writesOnly();
            simulation.run(STEPS);
        }
    }

    /** Promise: what is remembered of the server and the cursor up to it are one. */
    @Test
    void aDatabaseThatLosesRowsIsFoundOut() {
        findsOut(simulation -> everyDevice(simulation, SimDevice::losesRows), "");
    }

    /** Promise: concurrent edits are both kept. */
    @Test
    void aServerThatLetsTheLastContentWinIsFoundOut() {
        findsOut(simulation -> simulation.server.overwrites = true, "lost");
    }

    /** Promise: only what its author had seen is trashed. */
    @Test
    void aServerThatTrashesWhatWasNotSeenIsFoundOut() {
        findsOut(simulation -> simulation.server.trashesUnseen = true, "");
    }

    /** Promise: an edit under a trashed ancestor lives. */
    @Test
    void aServerThatTakesFilesIntoTrashedFoldersIsFoundOut() {
        findsOut(simulation -> simulation.server.takesBelowTrash = true, "");
    }

    /** Promise: all devices come to hold what the server holds. */
    @Test
    void aFeedThatLeavesSomethingOutIsFoundOut() {
        findsOut(simulation -> simulation.server.feedSkips = true, "");
    }

    /** Promise: the same, for what comes back with its folder. */
    @Test
    void aServerThatListsNothingInWhatComesBackIsFoundOut() {
        findsOut(simulation -> simulation.server.listsNothing = true, "");
    }

    /** Promise: a server restored from a backup gets back what the devices have. */
    @Test
    void aServerThatHidesThatItWasRestoredIsFoundOut() {
        findsOut(simulation -> simulation.server.hidesRestores = true, "");
    }

    @Test
    void theSameSeedGivesTheSameRun() {
        for (long seed = 7; seed < 12; seed++) {
            Simulation one = new Simulation(seed);
            Simulation two = new Simulation(seed);
            one.run(STEPS);
            two.run(STEPS);
            assertThat(one.log).isEqualTo(two.log);
            assertThat(one.server.log()).isEqualTo(two.server.log());
        }
    }
}
