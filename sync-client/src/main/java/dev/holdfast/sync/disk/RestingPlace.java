package dev.holdfast.sync.disk;

import dev.holdfast.sync.tree.Fingerprint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code .holdfast/displaced}: files taken out of the folder, each with a note that was written
 * before the file was taken. The note also names the inode of the bytes that were staged under the
 * same name for an exchange: found after a crash with that inode, the file is ours and not the
 * user's, and goes.
 */
final class RestingPlace {
    private static final String NOTE = ".note";

    private final Path folder;

    RestingPlace(Path folder) {
        this.folder = folder;
    }

    Path file(String id) {
        return folder.resolve(id);
    }

    void note(Displaced file, long stagedInode) throws IOException {
        Fingerprint print = file.expected();
        String text =
                String.join(
                        "\n",
                        Long.toString(file.sinceMillis()),
                        Long.toString(stagedInode),
                        Long.toString(print.inode()),
                        Long.toString(print.birth()),
                        Long.toString(print.ctime()),
                        Long.toString(print.mtime()),
                        Long.toString(print.size()),
                        file.path());
        Files.writeString(folder.resolve(file.id() + NOTE), text, StandardCharsets.UTF_8);
    }

    void forget(String id) throws IOException {
        Files.deleteIfExists(file(id));
        Files.deleteIfExists(folder.resolve(id + NOTE));
    }

    /** All that rests; what a crash left of an exchange that did not happen is dropped here. */
    List<Displaced> list() throws IOException {
        List<Displaced> found = new ArrayList<>();
        try (DirectoryStream<Path> notes = Files.newDirectoryStream(folder, "*" + NOTE)) {
            for (Path note : notes) {
                String name = String.valueOf(note.getFileName());
                Displaced one = read(note, name.substring(0, name.length() - NOTE.length()));
                if (one != null) {
                    found.add(one);
                }
            }
        }
        return found;
    }

    private @Nullable Displaced read(Path note, String id) throws IOException {
        String[] lines = Files.readString(note, StandardCharsets.UTF_8).split("\n", 8);
        try {
            long inode = Attributes.read(file(id), "x").print().inode();
            if (lines.length < 8) {
                // The note was cut by a crash, so the exchange after it never began.
                forget(id);
                return null;
            }
            if (inode == Long.parseLong(lines[1])) {
                forget(id);
                return null;
            }
        } catch (NoSuchFileException e) {
            Files.deleteIfExists(note);
            return null;
        }
        Fingerprint print =
                new Fingerprint(
                        Long.parseLong(lines[2]),
                        Long.parseLong(lines[3]),
                        Long.parseLong(lines[4]),
                        Long.parseLong(lines[5]),
                        Long.parseLong(lines[6]));
        return new Displaced(id, lines[7], print, Long.parseLong(lines[0]));
    }
}
