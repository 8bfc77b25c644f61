package dev.holdfast.sync.server;

import java.io.IOException;

/** A transfer was broken off because syncing was paused; it goes on where it was. */
public final class PausedException extends IOException {
    private static final long serialVersionUID = 1L;

    PausedException() {
        super("paused");
    }
}
