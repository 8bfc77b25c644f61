package dev.holdfast.sync.server;

import dev.holdfast.model.ProblemCode;
import java.io.IOException;

/** The server answered, and said no. */
public final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final ProblemCode code;

    public RefusedException(ProblemCode code, String detail) {
        super(detail);
        this.code = code;
    }

    public ProblemCode code() {
        return code;
    }
}
