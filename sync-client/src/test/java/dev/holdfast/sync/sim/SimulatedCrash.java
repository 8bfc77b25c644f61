package dev.holdfast.sync.sim;

/** The process dies here; an error, so that nothing in the client catches it. */
final class SimulatedCrash extends Error {
    private static final long serialVersionUID = 1L;

    SimulatedCrash(String where) {
        super(where, null, false, false);
    }
}
