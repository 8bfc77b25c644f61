package dev.holdfast.sync.engine;

/** Counts the files that were deleted, on either side, since it was last asked. */
final class Deletions {
    private int files;

    void add(int more) {
        files += more;
    }

    int take() {
        int taken = files;
        files = 0;
        return taken;
    }
}
