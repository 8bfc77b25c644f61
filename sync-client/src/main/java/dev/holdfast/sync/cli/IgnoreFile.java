package dev.holdfast.sync.cli;

import dev.holdfast.model.Names;
import dev.holdfast.sync.disk.FolderDisk;
import dev.holdfast.sync.engine.Context;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.eclipse.jgit.ignore.IgnoreNode;
import org.jspecify.annotations.Nullable;

/**
 * The rules of this device: {@code .holdfastignore} in any folder, in gitignore's syntax, about
 * what lies in that folder and below; and how conflict copies are called. The deepest file that
 * says something about a path decides, but nothing in an ignored folder can be taken back in. The
 * rules are this device's own, so the files themselves stay here. For one thread.
 */
final class IgnoreFile implements Context.Naming {
    private static final String FILE = ".holdfastignore";

    /** More is not read: no person wrote it. */
    private static final long BYTES_MAX = 1 << 20;

    /** What one folder's file says, and how the file looked when it was read. */
    private record Rules(@Nullable IgnoreNode node, @Nullable FileTime changed, long size) {
        static final Rules NONE = new Rules(null, null, 0);
    }

    private final Path folder;
    private final String device;
    private final InstantSource clock;
    private final Map<String, Rules> rules = new HashMap<>();
    private final Set<String> fresh = new HashSet<>();
    private final Map<String, Boolean> ignoredFolders = new HashMap<>();

    private IgnoreFile(Path folder, String device, InstantSource clock) {
        this.folder = folder;
        this.device = device;
        this.clock = clock;
    }

    static IgnoreFile load(Path folder, String device, InstantSource clock) {
        return new IgnoreFile(folder, device, clock);
    }

    @Override
    public void refresh() {
        fresh.clear();
        ignoredFolders.clear();
    }

    @Override
    public boolean ignored(String path, boolean isFolder) {
        if (path.equals(FolderDisk.OWN_FOLDER) || path.startsWith(FolderDisk.OWN_FOLDER + "/")) {
            return true;
        }
        int slash = path.lastIndexOf('/');
        if (path.substring(slash + 1).equals(FILE)) {
            return true;
        }
        return (slash > 0 && ignoredFolder(path.substring(0, slash))) || matches(path, isFolder);
    }

    private boolean ignoredFolder(String path) {
        Boolean known = ignoredFolders.get(path);
        if (known == null) {
            int slash = path.lastIndexOf('/');
            known = (slash > 0 && ignoredFolder(path.substring(0, slash))) || matches(path, true);
            ignoredFolders.put(path, known);
        }
        return known;
    }

    /** Asks the files from the path's own folder up to the top. */
    private boolean matches(String path, boolean isFolder) {
        int slash = path.lastIndexOf('/');
        while (true) {
            String in = slash < 0 ? "" : path.substring(0, slash);
            IgnoreNode node = rules(in).node;
            Boolean verdict =
                    node == null ? null : node.checkIgnored(path.substring(slash + 1), isFolder);
            if (verdict != null) {
                return verdict;
            }
            if (slash < 0) {
                return false;
            }
            slash = in.lastIndexOf('/');
        }
    }

    private Rules rules(String in) {
        Rules known = rules.get(in);
        if (known != null && !fresh.add(in)) {
            return known;
        }
        fresh.add(in);
        Rules now = read(folder.resolve(in).resolve(FILE), known);
        rules.put(in, now);
        return now;
    }

    private static Rules read(Path file, @Nullable Rules known) {
        try {
            BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
            FileTime changed = found.lastModifiedTime();
            if (known != null && changed.equals(known.changed) && found.size() == known.size) {
                return known;
            }
            if (!found.isRegularFile() || found.size() > BYTES_MAX) {
                return Rules.NONE;
            }
            IgnoreNode node = new IgnoreNode();
            node.parse(new ByteArrayInputStream(Files.readAllBytes(file)));
            return new Rules(node, changed, found.size());
        } catch (IOException e) {
            // There is none, as in almost every folder; or it cannot be read, and says nothing.
            return Rules.NONE;
        }
    }

    @Override
    public boolean takesAll() {
        return false;
    }

    @Override
    public String conflictName(String name, int attempt) {
        LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneId.systemDefault());
        return Names.conflictCopy(name, device, today, attempt);
    }
}
