package dev.holdfast.sync.disk;

import dev.holdfast.sync.tree.Fingerprint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** A folder on a real disk. */
public final class FolderDisk implements Disk, AutoCloseable {
    /** Where the client keeps what must be in the same filesystem. */
    public static final String OWN_FOLDER = ".holdfast";

    /**
     * In {@link #OWN_FOLDER}; its presence proves that the folder is mounted and is the linked one.
     */
    public static final String MARKER = "folder";

    /** Elsewhere folders cannot be opened, and a rename is durable with the journal. */
    private static final boolean UNIX =
            FileSystems.getDefault().supportedFileAttributeViews().contains("unix");

    private final Path root;
    private final String marker;
    private final StagingFolder staging;
    private final RestingPlace resting;
    private final PlatformRules rules;
    private final InstantSource clock;

    /**
     * Opens a folder, making the client's own folders in it.
     *
     * @param marker what stands in the marker file of the linked folder
     */
    public FolderDisk(Path root, String marker, RandomGenerator random, InstantSource clock)
            throws IOException {
        this.root = root;
        this.marker = marker;
        this.clock = clock;
        Path own = root.resolve(OWN_FOLDER);
        Path displaced = own.resolve("displaced");
        this.resting = new RestingPlace(displaced);
        check();
        this.staging = new StagingFolder(own.resolve("tmp"), random);
        Files.createDirectories(displaced);
        this.rules =
                PlatformRules.of(System.getProperty("os.name", "")).folding(staging.foldsCase());
    }

    /** Bound on first use: a client that only uploads never pays for it. */
    private static final class Bound {
        static final Optional<NativeRename> RENAME = NativeRename.load();

        private Bound() {}
    }

    private static Optional<NativeRename> nativeRename() {
        return Bound.RENAME;
    }

    @Override
    public void check() throws IOException {
        Path file = root.resolve(OWN_FOLDER).resolve(MARKER);
        String found;
        try {
            found = Files.readString(file).strip();
        } catch (NoSuchFileException | NotDirectoryException e) {
            throw new FolderMissingException(
                    "the folder "
                            + root
                            + " is not there, or not mounted; nothing was changed. Mount it or put"
                            + " it back, or link the new place with `holdfast sync link`");
        }
        if (!found.equals(marker)) {
            throw new FolderMissingException(
                    "the folder " + root + " belongs to another link; nothing was changed");
        }
    }

    private Path at(String path) {
        return path.isEmpty() ? root : root.resolve(path);
    }

    @Override
    public PlatformRules rules() {
        return rules;
    }

    @Override
    public @Nullable List<DiskEntry> list(String folder) throws IOException {
        Path at = at(folder);
        List<DiskEntry> entries = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(at)) {
            for (Path path : stream) {
                String name = String.valueOf(path.getFileName());
                if (folder.isEmpty() && name.equals(OWN_FOLDER)) {
                    continue;
                }
                DiskEntry entry = entry(at, path, name);
                if (entry != null) {
                    entries.add(entry);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            if (folder.isEmpty()) {
                throw new FolderMissingException("the folder " + root + " is not there");
            }
            return null;
        } catch (java.nio.file.DirectoryIteratorException e) {
            throw e.getCause();
        }
        return entries;
    }

    private static @Nullable DiskEntry entry(Path folder, Path path, String name)
            throws IOException {
        try {
            DiskEntry entry = Attributes.read(path, name);
            boolean roundTrips = name.indexOf('\ufffd') < 0 || folder.resolve(name).equals(path);
            return roundTrips
                    ? entry
                    : new DiskEntry(name, null, entry.print(), entry.executable(), null);
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    @Override
    public @Nullable DiskEntry look(String path) throws IOException {
        Path at = at(path);
        try {
            return Attributes.read(at, String.valueOf(at.getFileName()));
        } catch (NoSuchFileException | NotDirectoryException e) {
            return null;
        }
    }

    @Override
    public Reader read(String path) throws IOException {
        FileChannel channel =
                FileChannel.open(at(path), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        return new Reader() {
            @Override
            public int read(long position, ByteBuffer into) throws IOException {
                return channel.read(into, position);
            }

            @Override
            public void close() throws IOException {
                channel.close();
            }
        };
    }

    @Override
    public Staged stage() throws IOException {
        return staging.fresh();
    }

    @Override
    public Staged stage(String key) throws IOException {
        return staging.kept(key);
    }

    @Override
    public void sync(Collection<Staged> staged) throws IOException {
        staging.sync(staged);
    }

    @Override
    public Change publish(Staged staged, String path) throws IOException {
        StagedFile file = (StagedFile) staged;
        Change change = moveToFree(file.path(), at(path));
        if (change instanceof Change.Done) {
            file.published();
        }
        return change;
    }

    /** Renames without ever overwriting. */
    private Change moveToFree(Path from, Path to) throws IOException {
        NativeRename rename = nativeRename().orElse(null);
        NativeRename.Outcome outcome =
                rename == null ? NativeRename.Outcome.UNSUPPORTED : rename.moveToFree(from, to);
        try {
            switch (outcome) {
                case DONE -> {}
                case TAKEN, MISSING -> {
                    return new Change.Stale();
                }
                case UNSUPPORTED, FAILED -> {
                    if (Files.exists(to, LinkOption.NOFOLLOW_LINKS) && !onlyCase(from, to)) {
                        return new Change.Stale();
                    }
                    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
                }
            }
            return done(to);
        } catch (NoSuchFileException | FileAlreadyExistsException e) {
            return new Change.Stale();
        } catch (FileSystemException e) {
            return refused(e);
        }
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

    private static Change done(Path path) throws IOException {
        return new Change.Done(Attributes.read(path, String.valueOf(path.getFileName())));
    }

    private static Change refused(FileSystemException e) {
        String reason =
                e instanceof AccessDeniedException
                        ? "permission denied; make it writable for this user"
                        : String.valueOf(e.getReason() == null ? e.getMessage() : e.getReason());
        return new Change.Refused(reason);
    }

    @Override
    public Change exchange(Staged staged, String path, Fingerprint expected) throws IOException {
        StagedFile file = (StagedFile) staged;
        Path target = at(path);
        DiskEntry before = look(path);
        if (before == null || !before.print().sameBytes(expected)) {
            return new Change.Stale();
        }
        String id = staging.freshId();
        Path rest = resting.file(id);
        long stagedInode = Attributes.read(file.path(), id).print().inode();
        resting.note(new Displaced(id, path, before.print(), clock.millis()), stagedInode);
        try {
            Files.move(file.path(), rest);
            file.published();
            NativeRename rename = nativeRename().orElse(null);
            NativeRename.Outcome outcome =
                    rename == null
                            ? NativeRename.Outcome.UNSUPPORTED
                            : rename.exchange(rest, target);
            switch (outcome) {
                case DONE -> {}
                case MISSING, TAKEN, FAILED -> {
                    resting.forget(id);
                    return new Change.Stale();
                }
                case UNSUPPORTED -> setAsideAndReplace(rest, target);
            }
            Fingerprint taken = Attributes.read(rest, id).print();
            if (!taken.sameBytes(before.print())) {
                // Somebody saved in the window: their file goes back, ours is fetched anew.
                exchangeBack(id, rest, target);
                return new Change.Stale();
            }
            return done(target);
        } catch (FileSystemException e) {
            return refused(e);
        }
    }

    /**
     * Where two names cannot be exchanged: the old file gets a second name before it is replaced.
     */
    private void setAsideAndReplace(Path staged, Path target) throws IOException {
        Path aside = staged.resolveSibling(staged.getFileName() + "-aside");
        Files.createLink(aside, target);
        Files.move(staged, target, StandardCopyOption.ATOMIC_MOVE);
        Files.move(aside, staged, StandardCopyOption.ATOMIC_MOVE);
    }

    private void exchangeBack(String id, Path rest, Path target) throws IOException {
        NativeRename rename = nativeRename().orElse(null);
        if (rename != null && rename.exchange(rest, target) == NativeRename.Outcome.DONE) {
            resting.forget(id);
        } else {
            Files.move(rest, target, StandardCopyOption.ATOMIC_MOVE);
            resting.forget(id);
        }
    }

    @Override
    public Change remove(String path, Fingerprint expected) throws IOException {
        Path target = at(path);
        DiskEntry before = look(path);
        if (before == null || !before.print().sameBytes(expected)) {
            return new Change.Stale();
        }
        String id = staging.freshId();
        resting.note(new Displaced(id, path, before.print(), clock.millis()), 0);
        try {
            Files.move(target, resting.file(id), StandardCopyOption.ATOMIC_MOVE);
            DiskEntry taken = Attributes.read(resting.file(id), id);
            if (!taken.print().sameBytes(expected)) {
                moveToFree(resting.file(id), target);
                return new Change.Stale();
            }
            return new Change.Done(taken);
        } catch (NoSuchFileException e) {
            resting.forget(id);
            return new Change.Stale();
        } catch (FileSystemException e) {
            resting.forget(id);
            return refused(e);
        }
    }

    @Override
    public Change makeFolder(String path) throws IOException {
        Path target = at(path);
        try {
            Files.createDirectory(target);
            return done(target);
        } catch (FileAlreadyExistsException | NoSuchFileException e) {
            return new Change.Stale();
        } catch (FileSystemException e) {
            return refused(e);
        }
    }

    @Override
    public Change removeFolder(String path) throws IOException {
        Path target = at(path);
        try {
            DiskEntry before = Attributes.read(target, "x");
            Files.delete(target);
            return new Change.Done(before);
        } catch (NoSuchFileException | DirectoryNotEmptyException e) {
            return new Change.Stale();
        } catch (FileSystemException e) {
            return refused(e);
        }
    }

    @Override
    public Change makeSymlink(String path, String linkTarget) throws IOException {
        Path at = at(path);
        try {
            Files.createSymbolicLink(at, Path.of(linkTarget));
            return done(at);
        } catch (FileAlreadyExistsException | NoSuchFileException e) {
            return new Change.Stale();
        } catch (FileSystemException e) {
            return refused(e);
        } catch (UnsupportedOperationException | java.nio.file.InvalidPathException e) {
            return new Change.Refused("this disk cannot hold the symbolic link");
        }
    }

    @Override
    public Change move(String from, String to, Fingerprint expected) throws IOException {
        DiskEntry before = look(from);
        if (before == null || before.print().inode() != expected.inode()) {
            return new Change.Stale();
        }
        return moveToFree(at(from), at(to));
    }

    @Override
    public Change setAttributes(
            String path, Fingerprint expected, long mtimeNanos, boolean executable)
            throws IOException {
        DiskEntry before = look(path);
        if (before == null || !before.print().sameBytes(expected)) {
            return new Change.Stale();
        }
        Path target = at(path);
        try {
            if (before.executable() != executable) {
                StagedFile.makeExecutable(target, executable);
            }
            Files.setLastModifiedTime(target, Attributes.time(mtimeNanos));
            return done(target);
        } catch (NoSuchFileException e) {
            return new Change.Stale();
        } catch (FileSystemException e) {
            return refused(e);
        }
    }

    @Override
    public void syncFolders(Collection<String> folders) throws IOException {
        for (String folder : folders) {
            Path path = at(folder);
            // A folder that was removed meanwhile has nothing to keep.
            if (UNIX && Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
                    channel.force(true);
                }
            }
        }
    }

    @Override
    public List<Displaced> displaced() throws IOException {
        return resting.list();
    }

    @Override
    public boolean release(Displaced file, String rescuePath) throws IOException {
        Path rest = resting.file(file.id());
        try {
            if (Attributes.read(rest, "x").print().sameBytes(file.expected())) {
                resting.forget(file.id());
                return false;
            }
        } catch (NoSuchFileException e) {
            resting.forget(file.id());
            return false;
        }
        boolean rescued = moveToFree(rest, at(rescuePath)) instanceof Change.Done;
        if (rescued) {
            resting.forget(file.id());
        }
        return rescued;
    }

    @Override
    public void dropStaged() throws IOException {
        staging.drop(false);
    }

    @Override
    public void dropKept() throws IOException {
        staging.drop(true);
    }

    @Override
    public void close() {
        staging.close();
    }
}
