package dev.holdfast.testing.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** Folder trees on a real disk: copied, counted and compared byte for byte. */
public final class Folders {
    /** Holdfast's own folder inside a synced one. */
    private static final String OWN = ".holdfast";

    private Folders() {}

    /**
     * Everything in which two folders differ, one line each: names, kinds, bytes, link targets,
     * modification times of files and executable bits.
     */
    public static List<String> differences(Path left, Path right) {
        Map<String, Path> ours = list(left);
        Map<String, Path> theirs = list(right);
        TreeSet<String> names = new TreeSet<>(ours.keySet());
        names.addAll(theirs.keySet());
        List<String> differences = new ArrayList<>();
        for (String name : names) {
            Path a = ours.get(name);
            Path b = theirs.get(name);
            if (a == null || b == null) {
                differences.add(name + " is only in " + (a == null ? right : left));
            } else {
                compare(name, a, b, differences);
            }
        }
        return differences;
    }

    private static void compare(String name, Path a, Path b, List<String> differences) {
        try {
            if (Files.isSymbolicLink(a) || Files.isSymbolicLink(b)) {
                if (!Files.isSymbolicLink(a)
                        || !Files.isSymbolicLink(b)
                        || !Files.readSymbolicLink(a).equals(Files.readSymbolicLink(b))) {
                    differences.add(name + " is not the same link");
                }
            } else if (Files.isDirectory(a) != Files.isDirectory(b)) {
                differences.add(name + " is not of the same kind");
            } else if (!Files.isDirectory(a)) {
                if (Files.mismatch(a, b) != -1) {
                    differences.add(name + " has other bytes");
                }
                if (!Files.getLastModifiedTime(a).equals(Files.getLastModifiedTime(b))) {
                    differences.add(name + " has another modification time");
                }
                if (Files.getPosixFilePermissions(a).stream().anyMatch(Folders::execute)
                        != Files.getPosixFilePermissions(b).stream().anyMatch(Folders::execute)) {
                    differences.add(name + " has another executable bit");
                }
            }
        } catch (IOException e) {
            differences.add(name + " cannot be read: " + e);
        }
    }

    private static boolean execute(PosixFilePermission permission) {
        return permission == PosixFilePermission.OWNER_EXECUTE;
    }

    /** Relative path → path of everything below a folder but Holdfast's own. */
    public static Map<String, Path> list(Path root) {
        Map<String, Path> found = new TreeMap<>();
        walk(root, (relative, path) -> found.put(relative, path));
        return found;
    }

    /** Files (not folders, not links) below a folder. */
    public static long fileCount(Path root) {
        return list(root).values().stream()
                .filter(path -> Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS))
                .count();
    }

    /** Copies a tree with times and permissions, links as links; gives the number of entries. */
    public static int copy(Path from, Path to) {
        int[] count = {0};
        try {
            Files.createDirectories(to);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        walk(
                from,
                (relative, path) -> {
                    Path target = to.resolve(relative);
                    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                        Files.createDirectories(target);
                    } else {
                        Files.copy(
                                path,
                                target,
                                StandardCopyOption.COPY_ATTRIBUTES,
                                LinkOption.NOFOLLOW_LINKS);
                    }
                    count[0]++;
                });
        return count[0];
    }

    /** Removes a tree; a missing one is fine. */
    public static void delete(Path root) {
        if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        List<Path> paths = new ArrayList<>(list(root).values());
        Path own = root.resolve(OWN);
        try {
            if (Files.exists(own)) {
                delete(own);
            }
            for (Path path : paths.reversed()) {
                Files.delete(path);
            }
            Files.deleteIfExists(root);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface Visit {
        void visit(String relative, Path path) throws IOException;
    }

    private static void walk(Path root, Visit visit) {
        try {
            Files.walkFileTree(
                    root,
                    new SimpleFileVisitor<>() {
                        @Override
                        public FileVisitResult preVisitDirectory(
                                Path directory, BasicFileAttributes attributes) throws IOException {
                            if (directory.equals(root)) {
                                return FileVisitResult.CONTINUE;
                            }
                            if (directory.equals(root.resolve(OWN))) {
                                return FileVisitResult.SKIP_SUBTREE;
                            }
                            visit.visit(root.relativize(directory).toString(), directory);
                            return FileVisitResult.CONTINUE;
                        }

                        @Override
                        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                                throws IOException {
                            visit.visit(root.relativize(file).toString(), file);
                            return FileVisitResult.CONTINUE;
                        }
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
