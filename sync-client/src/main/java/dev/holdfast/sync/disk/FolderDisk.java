package dev.holdfast.sync.disk;

import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.tree.Fingerprint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
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
import java.util.Optional;
import java.util.function.Supplier;
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
    private final Supplier<Optional<AtomicRenames>> renames;
    private final Moves moves;

    /**
     * Opens a folder, making the client's own folders in it.
     *
     * @param marker what stands in the marker file of the linked folder
     */
    public FolderDisk(Path root, String marker, RandomGenerator random, InstantSource clock)
            throws IOException {
        // Bound on first use: a client that only uploads never pays for it.
        this(root, marker, random, clock, () -> Bound.RENAME);
    }

    /**
     * As above, on a platform that has these renames.
     *
     * @param renames empty where two names cannot be exchanged in one step
     */
    FolderDisk(
            Path root,
            String marker,
            RandomGenerator random,
            InstantSource clock,
            Supplier<Optional<AtomicRenames>> renames)
            throws IOException {
        this.root = root;
        this.marker = marker;
        this.clock = clock;
        this.renames = renames;
        Path own = root.resolve(OWN_FOLDER);
        Path displaced = own.resolve("displaced");
        this.resting = new RestingPlace(displaced);
        check();
        this.staging = new StagingFolder(own.resolve("tmp"), random);
        Files.createDirectories(displaced);
        this.rules =
                PlatformRules.of(System.getProperty("os.name", "")).folding(staging.foldsCase());
        this.moves = new Moves(renames, rules);
    }

    private static final class Bound {
        static final Optional<AtomicRenames> RENAME = NativeRename.load();

        private Bound() {}
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

    /**
     * A place to be changed; null when a folder above it is a symbolic link.
     *
     * @throws IOException when the path leads out of the folder: whatever asks for it, nothing
     *     outside is touched
     */
    private @Nullable Path inside(String path) throws IOException {
        Path at = at(path);
        if (!at.normalize().equals(at) || !at.startsWith(root)) {
            throw new IOException("a path that leads out of the folder was refused: " + path);
        }
        for (Path above = at.getParent();
                above != null && !above.equals(root);
                above = above.getParent()) {
            if (Files.isSymbolicLink(above)) {
                return null;
            }
        }
        return at;
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
        Path at = inside(path);
        if (at == null) {
            throw new NoSuchFileException(path, null, "it lies beyond a symbolic link");
        }
        FileChannel channel =
                FileChannel.open(at, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
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
        Path target = inside(path);
        if (target == null) {
            return new Change.Stale();
        }
        Change change = moves.toFree(file.path(), target);
        if (change instanceof Change.Done) {
            file.published();
        }
        return change;
    }

    @Override
    public Change exchange(Staged staged, String path, Fingerprint expected) throws IOException {
        StagedFile file = (StagedFile) staged;
        Path target = inside(path);
        DiskEntry before = look(path);
        if (target == null || before == null || !before.print().sameBytes(expected)) {
            return new Change.Stale();
        }
        DiskEntry ours = Attributes.read(file.path(), before.name());
        String id =
                resting.prepare(
                        staging.freshId(), path, before.print(), ours.print(), clock.millis());
        Path rest = resting.file(id);
        AtomicRenames rename = renames.get().orElse(null);
        try {
            if (rename == null) {
                return takeAndPublish(file, target, id, before.print());
            }
            Files.move(file.path(), rest);
            switch (rename.exchange(rest, target)) {
                case DONE -> {}
                case MISSING, TAKEN, FAILED -> {
                    resting.forget(id);
                    return new Change.Stale();
                }
                case UNSUPPORTED -> {
                    Files.move(rest, file.path());
                    return takeAndPublish(file, target, id, before.print());
                }
            }
            if (!Attributes.read(rest, id).print().sameBytes(before.print())) {
                // Somebody saved in the window: their file goes back, ours is fetched anew. Should
                // they save once more meanwhile, that file is in our place now and rests there.
                rename.exchange(rest, target);
                if (Attributes.read(rest, id).print().sameBytes(ours.print())) {
                    resting.forget(id);
                }
                return new Change.Stale();
            }
            return Moves.done(target, ours);
        } catch (NoSuchFileException e) {
            return new Change.Stale();
        } catch (FileSystemException e) {
            return Moves.refused(e);
        } finally {
            resting.cancel(id);
        }
    }

    /**
     * Where two names cannot be exchanged: the old file is taken first, so that it is looked at
     * when nobody can change which file it is, and ours takes a name that is free then.
     */
    private Change takeAndPublish(StagedFile file, Path target, String id, Fingerprint expected)
            throws IOException {
        Path rest = resting.file(id);
        Files.move(target, rest, StandardCopyOption.ATOMIC_MOVE);
        boolean same = Attributes.read(rest, id).print().sameBytes(expected);
        Change change = same ? moves.toFree(file.path(), target) : new Change.Stale();
        if (change instanceof Change.Done) {
            file.published();
        } else {
            // Back to where it was, if nobody has put another one there; then it rests.
            moves.toFree(rest, target);
        }
        return change;
    }

    @Override
    public Change remove(String path, Fingerprint expected) throws IOException {
        Path target = inside(path);
        DiskEntry before = look(path);
        if (target == null || before == null || !before.print().sameBytes(expected)) {
            return new Change.Stale();
        }
        String id =
                resting.prepare(
                        staging.freshId(), path, before.print(), Fingerprint.NONE, clock.millis());
        try {
            Files.move(target, resting.file(id), StandardCopyOption.ATOMIC_MOVE);
            DiskEntry taken = Attributes.read(resting.file(id), id);
            if (!taken.print().sameBytes(expected)) {
                moves.toFree(resting.file(id), target);
                return new Change.Stale();
            }
            return new Change.Done(taken);
        } catch (NoSuchFileException e) {
            return new Change.Stale();
        } catch (FileSystemException e) {
            return Moves.refused(e);
        } finally {
            resting.cancel(id);
        }
    }

    /** What was made and not seen since. */
    private static DiskEntry made(String path, NodeKind kind, @Nullable String target) {
        String name = path.substring(path.lastIndexOf('/') + 1);
        return new DiskEntry(name, kind, Fingerprint.NONE, false, target);
    }

    @Override
    public Change makeFolder(String path) throws IOException {
        Path target = inside(path);
        if (target == null) {
            return new Change.Stale();
        }
        try {
            Files.createDirectory(target);
            return Moves.done(target, made(path, NodeKind.FOLDER, null));
        } catch (FileAlreadyExistsException | NoSuchFileException e) {
            return new Change.Stale();
        } catch (FileSystemException e) {
            return Moves.refused(e);
        }
    }

    @Override
    public Change removeFolder(String path) throws IOException {
        Path target = inside(path);
        if (target == null) {
            return new Change.Stale();
        }
        try {
            DiskEntry before = Attributes.read(target, "x");
            Files.delete(target);
            return new Change.Done(before);
        } catch (NoSuchFileException | DirectoryNotEmptyException e) {
            return new Change.Stale();
        } catch (FileSystemException e) {
            return Moves.refused(e);
        }
    }

    @Override
    public Change makeSymlink(String path, String linkTarget) throws IOException {
        Path at = inside(path);
        if (at == null) {
            return new Change.Stale();
        }
        try {
            Files.createSymbolicLink(at, Path.of(linkTarget));
            return Moves.done(at, made(path, NodeKind.SYMLINK, linkTarget));
        } catch (FileAlreadyExistsException | NoSuchFileException e) {
            return new Change.Stale();
        } catch (FileSystemException e) {
            return Moves.refused(e);
        } catch (UnsupportedOperationException | java.nio.file.InvalidPathException e) {
            return new Change.Refused("this disk cannot hold the symbolic link");
        }
    }

    @Override
    public Change move(String from, String to, Fingerprint expected) throws IOException {
        DiskEntry before = look(from);
        Path source = inside(from);
        Path target = inside(to);
        if (source == null
                || target == null
                || before == null
                || before.print().inode() != expected.inode()) {
            return new Change.Stale();
        }
        return moves.toFree(source, target);
    }

    @Override
    public Change setAttributes(
            String path, Fingerprint expected, long mtimeNanos, boolean executable)
            throws IOException {
        DiskEntry before = look(path);
        Path target = inside(path);
        if (target == null || before == null || !before.print().sameBytes(expected)) {
            return new Change.Stale();
        }
        try {
            if (before.executable() != executable) {
                StagedFile.makeExecutable(target, executable);
            }
            Files.setLastModifiedTime(target, Attributes.time(mtimeNanos));
            return new Change.Done(Attributes.read(target, before.name()));
        } catch (NoSuchFileException e) {
            return new Change.Stale();
        } catch (FileSystemException e) {
            return Moves.refused(e);
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
        Path target = inside(rescuePath);
        boolean rescued = target != null && moves.toFree(rest, target) instanceof Change.Done;
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
