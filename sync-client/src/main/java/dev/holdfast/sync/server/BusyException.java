package dev.holdfast.sync.server;

import java.io.IOException;

/** The server answered that it cannot serve now. */
public final class BusyException extends IOException {
    private static final long serialVersionUID = 1L;

    private final long retryAfterMillis;

    /**
     * A refusal for now.
     *
     * @param retryAfterMillis how long the server asks to wait; 0 when it does not say
     */
    public BusyException(String detail, long retryAfterMillis) {
        super(detail);
        this.retryAfterMillis = retryAfterMillis;
    }

    public long retryAfterMillis() {
        return retryAfterMillis;
    }
}
