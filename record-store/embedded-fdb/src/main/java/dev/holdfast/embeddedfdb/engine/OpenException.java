package dev.holdfast.embeddedfdb.engine;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Why a database directory could not be opened. The message is one or two sentences for the person
 * at the terminal: what is wrong and what to do. Nothing in the directory was changed, but for what
 * creating a new, empty database had begun.
 */
public abstract sealed class OpenException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private OpenException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** What an error of the file system means for the person who starts the process. */
    static OpenException from(Path directory, IOException failure) {
        String message = String.valueOf(failure.getMessage());
        if (message.toLowerCase(Locale.ROOT).contains("no space left")) {
            return new DiskFull(directory, failure);
        }
        String reason = failure instanceof FileSystemException detail ? detail.getReason() : null;
        String kind = failure.getClass().getSimpleName();
        return new Unwritable(
                directory, reason != null ? reason : kind + " on " + message, failure);
    }

    /** Another process, or another part of this one, has the directory open. */
    public static final class Locked extends OpenException {
        private static final long serialVersionUID = 1L;

        Locked(Path directory, @Nullable Throwable cause) {
            super(
                    "The database in "
                            + directory
                            + " is in use by another process. Stop that process, or choose another"
                            + " directory.",
                    cause);
        }
    }

    /** What is stored does not hold together, or acknowledged commits are missing. */
    public static final class Damaged extends OpenException {
        private static final long serialVersionUID = 1L;

        Damaged(Path directory, String what, @Nullable Throwable cause) {
            super(
                    "The database in "
                            + directory
                            + " is damaged: "
                            + what
                            + ". Nothing was changed. Keep a copy of the directory and restore the"
                            + " newest backup.",
                    cause);
        }
    }

    /** A newer release wrote the directory. */
    public static final class NewerFormat extends OpenException {
        private static final long serialVersionUID = 1L;

        NewerFormat(Path directory, int found, int known) {
            super(
                    "The database in "
                            + directory
                            + " has format "
                            + found
                            + ", and this release knows formats up to "
                            + known
                            + ". Start it with the release that wrote it, or a newer one.",
                    null);
        }
    }

    /** The directory cannot be created or written. */
    public static final class Unwritable extends OpenException {
        private static final long serialVersionUID = 1L;

        Unwritable(Path directory, String why, @Nullable Throwable cause) {
            super(
                    "The database directory "
                            + directory
                            + " cannot be written: "
                            + why
                            + ". Make it writable for the user that runs this process, or choose"
                            + " another directory.",
                    cause);
        }
    }

    /** The file system has no space left. */
    public static final class DiskFull extends OpenException {
        private static final long serialVersionUID = 1L;

        DiskFull(Path directory, @Nullable Throwable cause) {
            super(
                    "The disk that holds the database in "
                            + directory
                            + " is full. Free some space and start again.",
                    cause);
        }
    }
}
