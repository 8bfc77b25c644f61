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
        }
    }

    /** Runs with a bug in it until one fails; true when it fails in these words. */
    private static void findsOut(Consumer<Simulation> plant, String words) {
        for (long seed = 1; seed < 600; seed++) {
            Simulation simulation = new Simulation(seed);
            plant.accept(simulation);
            try {
                simulation.run(STEPS);
            } catch (AssertionError | RuntimeException e) {
                assertThat(e).hasMessageContaining(words);
                return;
            }
        }
        throw new AssertionError("600 runs with the bug in them, and none failed");
    }

    @Test
    void aDiskThatDoesNotCheckWhatItReplacesIsFoundOut() {
        findsOut(
                simulation -> simulation.devices.forEach(device -> device.disk.careless = true),
                "lost");
    }

    @Test
    void aDeviceThatForgetsWhatItSentIsFoundOut() {
        findsOut(simulation -> simulation.devices.forEach(SimDevice::reusesSequences), "");
    }

    @Test
    void aServerThatLetsTheLastContentWinIsFoundOut() {
        findsOut(simulation -> simulation.server.overwrites = true, "lost");
    }

    @Test
    void aFeedThatLeavesSomethingOutIsFoundOut() {
        findsOut(simulation -> simulation.server.feedSkips = true, "");
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
