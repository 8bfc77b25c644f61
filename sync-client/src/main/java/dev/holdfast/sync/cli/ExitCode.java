package dev.holdfast.sync.cli;

/** Exit codes that scripts may rely on. */
final class ExitCode {
    static final int OK = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int PROBLEMS_REMAIN = 4;
    static final int NOT_FOUND = 10;
    static final int LOCKED = 11;
    static final int NOT_ALLOWED = 12;
    static final int INTERRUPTED = 130;

    private ExitCode() {}
}
