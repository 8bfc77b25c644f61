package dev.holdfast.gateway;

/** The server cannot start. The message is one sentence for a person: what is wrong, what to do. */
public final class StartupException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Exit code of an ordinary failure. */
    public static final int FAILED = 1;

    /** Exit code of a wrong use of options. */
    public static final int USAGE = 2;

    /** Exit code when another process holds the data. */
    public static final int LOCKED = 11;

    private final int exitCode;

    public StartupException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    public StartupException(int exitCode, String message, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    public static StartupException failed(String message, Throwable cause) {
        return new StartupException(FAILED, message, cause);
    }

    public int exitCode() {
        return exitCode;
    }
}
