package dev.holdfast.sync.sim;

import java.io.IOException;
import java.util.SplittableRandom;

/** Decides, under the seed, what goes wrong at each step; off once a run is to come to rest. */
final class Faults {
    private static final long NETWORK_MILLIS = 5;

    private final SimClock clock;
    private final SplittableRandom random;
    private final double crash;
    private final double lost;
    private final double meanwhile;
    private final double twice;
    private Runnable somebody = () -> {};
    private boolean on = true;
    private boolean inside;

    /**
     * Faults and how likely they are.
     *
     * @param crash at each step
     * @param lost a request or its answer
     * @param meanwhile somebody does something at a step of the client
     * @param twice a request arrives a second time
     */
    Faults(
            SimClock clock,
            SplittableRandom random,
            double crash,
            double lost,
            double meanwhile,
            double twice) {
        this.twice = twice;
        this.clock = clock;
        this.random = random;
        this.crash = crash;
        this.lost = lost;
        this.meanwhile = meanwhile;
    }

    static Faults none(SimClock clock) {
        return new Faults(clock, new SplittableRandom(0), 0, 0, 0, 0);
    }

    /** What a person may do while the client is at work. */
    void meanwhile(Runnable action) {
        somebody = action;
    }

    void off() {
        on = false;
    }

    void step(String where) {
        if (!on || inside) {
            return;
        }
        if (random.nextDouble() < crash) {
            throw new SimulatedCrash(where);
        }
        if (random.nextDouble() < meanwhile) {
            inside = true;
            somebody.run();
            inside = false;
        }
    }

    boolean twice() {
        return on && random.nextDouble() < twice;
    }

    /** Loses a request before it arrives, or its answer on the way back. */
    void network(String where) throws IOException {
        clock.advanceMillis(NETWORK_MILLIS);
        step(where);
        if (on && random.nextDouble() < lost) {
            throw new IOException("lost: " + where);
        }
    }
}
