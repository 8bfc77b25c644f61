package dev.holdfast.blockgc;

import java.time.Duration;

/** Waiting, so that the collection leaves room for everybody else. For any number of threads. */
public interface Pacer {
    /** What a step was made of. */
    enum Step {
        /** A transaction in FoundationDB; its units are rows. */
        ROWS,
        /** A chunk copied in HDFS; its units are bytes. */
        COPY,
        /** A file of HDFS looked into or deleted; its units are files. */
        FILE
    }

    /** Nanoseconds of a clock that never goes back, from any origin. */
    long nanos();

    /**
     * Called after each step, by the thread that took it; waits as long as fits.
     *
     * @param units how much was done; 0 is possible
     * @param nanos how long it took
     */
    void stepped(Step step, long units, long nanos);

    /** Waits for something that somebody else has to do. */
    void pause(Duration time);
}
