package dev.holdfast.endtoend;

import dev.holdfast.testing.process.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;

/** A tree that nobody here wrote, made of what the machine has, with the awkward cases added. */
final class RealTree {
    private static final List<String> SHARED =
            List.of(
                    "/usr/share/zoneinfo",
                    "/usr/share/fonts",
                    "/usr/share/perl5",
                    "/usr/share/bash-completion");

    private RealTree() {}

    /** Fills a folder and gives the number of regular files in it. */
    static long plant(Path root) throws IOException {
        // The JDK's own files: binaries, libraries, links, deep folders; without its largest file.
        Path jdk = Path.of(System.getProperty("java.home"));
        for (String part : List.of("bin", "conf", "include", "legal", "man")) {
            if (Files.isDirectory(jdk.resolve(part))) {
                Folders.copy(jdk.resolve(part), root.resolve("jdk").resolve(part));
            }
        }
        for (String shared : SHARED) {
            Path folder = Path.of(shared);
            if (Files.isDirectory(folder)) {
                Folders.copy(folder, root.resolve("share").resolve(folder.getFileName()));
            }
        }
        awkward(root.resolve("awkward"));
        return Folders.fileCount(root);
    }

    private static void awkward(Path root) throws IOException {
        Files.createDirectories(root.resolve("empty folder/inside an empty folder"));
        Lab.write(root.resolve("empty file"), "");
        Lab.write(root.resolve("ünï ☃ 🗄 ñandú"), "decomposed and composed");
        Lab.write(root.resolve("日本語/ファイル.txt"), "日本語");
        Lab.write(root.resolve("עברית و عربى"), "right to left");
        Lab.write(root.resolve(" leading and trailing "), "spaces");
        Lab.write(root.resolve("-n --option; $(reboot) `x` \"quoted\" 'single' \\ *?"), "shell");
        Lab.write(root.resolve("new\nline\ttab"), "control characters");
        Lab.write(root.resolve("pod"), "lower");
        Lab.write(root.resolve("Pod"), "upper");
        Lab.write(root.resolve("n".repeat(255)), "the longest name");
        Lab.write(root.resolve("one byte"), "x");
        Lab.write(root.resolve("just a chunk"), Lab.bytes(1, 256 << 10));
        Lab.write(root.resolve("a byte over"), Lab.bytes(2, (256 << 10) + 1));
        Lab.write(root.resolve("several chunks"), Lab.bytes(3, 9_000_001));
        Lab.write(root.resolve("zeros"), new byte[5 << 20]);
        Lab.write(root.resolve("tool.sh"), "#!/bin/sh\necho run\n");
        Files.setPosixFilePermissions(
                root.resolve("tool.sh"), PosixFilePermissions.fromString("rwxr-xr-x"));
        Lab.write(root.resolve("old"), "from 1969");
        Files.setLastModifiedTime(
                root.resolve("old"),
                FileTime.from(Instant.parse("1969-07-20T20:17:40.123456789Z")));
        Files.createSymbolicLink(root.resolve("link to a file"), Path.of("one byte"));
        Files.createSymbolicLink(root.resolve("dangling link"), Path.of("../nowhere/at all"));
        Files.createSymbolicLink(root.resolve("link out of the folder"), Path.of("/etc/hostname"));
        Files.createSymbolicLink(root.resolve("link to itself"), Path.of("link to itself"));
        Path deep = root;
        for (int depth = 0; depth < 60; depth++) {
            deep = deep.resolve("d" + depth);
        }
        Lab.write(deep.resolve("deep"), "deep");
    }
}
