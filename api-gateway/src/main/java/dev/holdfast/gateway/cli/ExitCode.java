package dev.holdfast.gateway.cli;

/** Exit codes that scripts may rely on. */
public final class ExitCode {
    public static final int OK = 0;
    public static final int FAILED = 1;
    public static final int USAGE = 2;

    /** Problems were found, and all are repaired. */
    public static final int ALL_REPAIRED = 3;

    public static final int PROBLEMS_REMAIN = 4;
    public static final int NOT_FOUND = 10;
    public static final int LOCKED = 11;
    public static final int NOT_ALLOWED = 12;
    public static final int INTERRUPTED = 130;

    private ExitCode() {}
}
