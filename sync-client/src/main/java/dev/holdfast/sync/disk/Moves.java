package dev.holdfast.sync.disk;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/** Renames that never overwrite, by the best means that the platform has. */
final class Moves {
    private final Supplier<Optional<AtomicRenames>> renames;
    private final PlatformRules rules;

    Moves(Supplier<Optional<AtomicRenames>> renames, PlatformRules rules) {
        this.renames = renames;
        this.rules = rules;
    }

    /** Renames without ever overwriting. */
    Change toFree(Path from, Path to) throws IOException {
        AtomicRenames rename = renames.get().orElse(null);
        try {
            DiskEntry moving = Attributes.read(from, String.valueOf(to.getFileName()));
            AtomicRenames.Outcome outcome =
                    rename == null
                            ? AtomicRenames.Outcome.UNSUPPORTED
                            : rename.moveToFree(from, to);
            switch (outcome) {
                case DONE -> {}
                case TAKEN, MISSING -> {
                    return new Change.Stale();
                }
                case UNSUPPORTED, FAILED -> {
                    boolean taken = Files.exists(to, LinkOption.NOFOLLOW_LINKS);
                    if (taken && !onlyCase(from, to)) {
                        return new Change.Stale();
                    }
                    if (taken || !linked(from, to)) {
                        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
                    }
                }
            }
            return done(to, moving);
        } catch (NoSuchFileException | FileAlreadyExistsException e) {
            return new Change.Stale();
        } catch (FileSystemException e) {
            return refused(e);
        }
    }

    /** A second name for a file never takes one that is taken; not every disk has second names. */
    private static boolean linked(Path from, Path to) throws IOException {
        if (!Files.isRegularFile(from, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try {
            Files.createLink(to, from);
        } catch (FileAlreadyExistsException | NoSuchFileException e) {
            throw e;
        } catch (FileSystemException | UnsupportedOperationException e) {
            return false;
        }
        Files.delete(from);
        return true;
    }

    /** Where case is folded, the new name of a file may be found to be there: as the old one. */
    private boolean onlyCase(Path from, Path to) throws IOException {
        return rules.foldsCase()
                && Objects.equals(from.getParent(), to.getParent())
                && Files.exists(from, LinkOption.NOFOLLOW_LINKS)
                && Attributes.read(from, "x").print().inode()
                        == Attributes.read(to, "x").print().inode()
                && rules.same(String.valueOf(from.getFileName()), String.valueOf(to.getFileName()));
    }

    /**
     * It was put there. Who removes it at this very moment removes what stood there: it must be
     * known to have been there, or it would be taken for never fetched and come back.
     */
    static Change done(Path path, DiskEntry put) throws IOException {
        try {
            return new Change.Done(Attributes.read(path, put.name()));
        } catch (NoSuchFileException e) {
            return new Change.Done(put);
        }
    }

    static Change refused(FileSystemException e) {
        String reason =
                e instanceof AccessDeniedException
                        ? "permission denied; make it writable for this user"
                        : String.valueOf(e.getReason() == null ? e.getMessage() : e.getReason());
        return new Change.Refused(reason);
    }
}
