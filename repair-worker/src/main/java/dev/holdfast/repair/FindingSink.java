package dev.holdfast.repair;

/** Takes what a scrub found. */
interface FindingSink {
    void find(Finding finding);

    /** Counts something done, by name. */
    void count(String name, long value);
}
