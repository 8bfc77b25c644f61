package dev.holdfast.sync.disk;

import java.nio.file.Path;

/** The two renames that Java does not have, where the platform has them; each is one step. */
interface AtomicRenames {
    /** What the call came to. */
    enum Outcome {
        DONE,
        /** The target exists. */
        TAKEN,
        /** One of the two names does not exist. */
        MISSING,
        /** The filesystem or the kernel cannot do this; another way must be taken. */
        UNSUPPORTED,
        /** Not permitted, no space, read-only, and the like. */
        FAILED
    }

    /** Renames without ever overwriting. */
    Outcome moveToFree(Path from, Path to);

    /** Exchanges what two names stand for. */
    Outcome exchange(Path one, Path other);
}
