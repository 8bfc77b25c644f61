package dev.holdfast.sync.disk;

import java.io.IOException;

/** The folder is not there, not mounted or not the one that was linked: an error, no deletion. */
public final class FolderMissingException extends IOException {
    private static final long serialVersionUID = 1L;

    public FolderMissingException(String message) {
        super(message);
    }
}
