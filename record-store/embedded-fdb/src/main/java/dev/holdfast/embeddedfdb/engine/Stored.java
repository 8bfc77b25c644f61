package dev.holdfast.embeddedfdb.engine;

import org.jspecify.annotations.Nullable;

/** The rows of a view, or those of them that are in memory. */
public final class Stored {
    private final View view;
    private final boolean inMemoryOnly;

    Stored(View view, boolean inMemoryOnly) {
        this.view = view;
        this.inMemoryOnly = inMemoryOnly;
    }

    /**
     * The value of a key, or null.
     *
     * @throws NotInMemory where the disk would be needed and must not be waited for
     */
    public byte @Nullable [] get(byte[] key) {
        return view.get(key, inMemoryOnly);
    }

    /** A cursor, whose moves may throw {@link NotInMemory}; to be closed soon. */
    public View.Cursor cursor() {
        return view.cursor(inMemoryOnly);
    }
}
