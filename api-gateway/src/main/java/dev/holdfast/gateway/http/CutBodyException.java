package dev.holdfast.gateway.http;

import java.io.EOFException;

/** The client went away in the middle of a body; there is nobody left to answer. */
public final class CutBodyException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CutBodyException(Throwable cause) {
        super("the body was cut", cause, false, false);
    }

    /** True when this failure is that the client went away, however it was passed on. */
    public static boolean isCauseOf(Throwable failure) {
        return failure instanceof CutBodyException
                || (failure.getCause() instanceof CutBodyException);
    }

    /** For streams whose readers look for the end of the data. */
    EOFException asEndOfData() {
        EOFException end = new EOFException("the body was cut");
        end.initCause(this);
        return end;
    }
}
