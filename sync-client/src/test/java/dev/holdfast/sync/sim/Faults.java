package dev.holdfast.sync.sim;

import java.io.IOException;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** Decides, under the seed, what goes wrong at each step; off once a run is to come to rest. */
final class Faults {
    private static final long NETWORK_MILLIS = 5;

    /** Others who act at every step of a client that follows would keep it going for ever. */
    private static final int ACTS_MAX = 200;

    private final SimClock clock;
    private final SplittableRandom random;
    private final double crash;
    private final double lost;
    private final double meanwhile;
    private final double twice;
    private final double others;
    private final double again;
    private Consumer<SimInode> saveAgain = file -> {};
    private Runnable othersTurn = () -> {};
    private Runnable somebody = () -> {};
    private Consumer<String> disaster = where -> {};
    private int left = ACTS_MAX;
    private boolean on = true;
    private boolean inside;

    /**
     * Faults and how likely they are.
     *
     * @param crash at each step
     * @param lost a request or its answer
     * @param meanwhile somebody does something at a step of the client
     * @param twice a request arrives a second time
     * @param others another device has a turn of its own while a request or its answer is on the
     *     way
     * @param again a program writes to a file again just when the client has read it
     */
    Faults(
            SimClock clock,
            SplittableRandom random,
            double crash,
            double lost,
            double meanwhile,
            double twice,
            double others,
            double again) {
        this.again = again;
        this.twice = twice;
        this.others = others;
        this.clock = clock;
        this.random = random;
        this.crash = crash;
        this.lost = lost;
        this.meanwhile = meanwhile;
    }

    static Faults none(SimClock clock) {
        return new Faults(clock, new SplittableRandom(0), 0, 0, 0, 0, 0, 0);
    }

    /** What a person may do while the client is at work. */
    void meanwhile(Runnable action) {
        somebody = action;
    }

    /** What another device does while this one waits for the server. */
    void othersTurn(Runnable action) {
        othersTurn = action;
    }

    /** What may become of the server while a request is on its way. */
    void disaster(Consumer<String> action) {
        disaster = action;
    }

    /** What a program does that is not yet done with a file. */
    void saveAgain(Consumer<SimInode> action) {
        saveAgain = action;
    }

    /** The client has read the file to its end. */
    void wasRead(SimInode file) {
        if (on && !inside && random.nextDouble() < again && left > 0) {
            left--;
            saveAgain.accept(file);
        }
    }

    void off() {
        on = false;
    }

    void on() {
        on = true;
    }

    void step(String where) {
        if (!on || inside) {
            return;
        }
        if (random.nextDouble() < crash) {
            throw new SimulatedCrash(where);
        }
        if (random.nextDouble() < meanwhile && left > 0) {
            left--;
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
        if (on) {
            disaster.accept(where);
        }
        if (on && random.nextDouble() < others && left > 0) {
            left--;
            othersTurn.run();
        }
        if (on && random.nextDouble() < lost) {
            throw new IOException("lost: " + where);
        }
    }
}
