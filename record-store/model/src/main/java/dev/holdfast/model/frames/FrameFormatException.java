package dev.holdfast.model.frames;

import java.io.IOException;

/** The body is not made of valid frames, or breaks a limit; what was read before still counts. */
public final class FrameFormatException extends IOException {
    private static final long serialVersionUID = 1L;

    public FrameFormatException(String message) {
        super(message);
    }
}
