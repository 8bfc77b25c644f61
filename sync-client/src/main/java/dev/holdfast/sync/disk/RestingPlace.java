package dev.holdfast.sync.disk;

import dev.holdfast.sync.tree.Fingerprint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code .holdfast/displaced}: files taken out of the folder.
 *
 * <p>A file's name there says what it has to look like, so that name and file are written in one
 * step, by the rename that takes the file: no crash, nor a loss of power, can leave one without the
 * other. The name also says what the bytes look like that were staged under it for an exchange:
 * found like that, the file is ours and not the user's, and goes. A note beside it tells the path;
 * where it is lost, what is rescued comes back in the top folder. What has another name was put
 * there by somebody else and is left alone.
 */
final class RestingPlace {
    private static final String NOTE = ".note";
    private static final String LOST_PATH = "recovered file";
    private static final int RADIX = 36;

    /** The random part, the time, three numbers of the staged file and five of the expected one. */
    private static final int PARTS = 10;

    private final Path folder;

    RestingPlace(Path folder) {
        this.folder = folder;
    }

    Path file(String id) {
        return folder.resolve(id);
    }

    private Path noteOf(String id) {
        return folder.resolve(id + NOTE);
    }

    /**
     * Makes a place.
     *
     * @param fresh letters and digits, never used before
     * @param staged what lies in the place before an exchange; {@link Fingerprint#NONE} for nothing
     * @return the file's name there
     */
    String prepare(
            String fresh, String path, Fingerprint expected, Fingerprint staged, long sinceMillis)
            throws IOException {
        String id =
                String.join(
                        "_",
                        fresh,
                        text(sinceMillis),
                        text(staged.inode()),
                        text(staged.mtime()),
                        text(staged.size()),
                        text(expected.inode()),
                        text(expected.birth()),
                        text(expected.ctime()),
                        text(expected.mtime()),
                        text(expected.size()));
        Files.writeString(noteOf(id), path, StandardCharsets.UTF_8);
        return id;
    }

    private static String text(long number) {
        return Long.toString(number, RADIX);
    }

    /** Nothing was taken: the place is not needed. A file that lies there nevertheless stays. */
    void cancel(String id) throws IOException {
        if (!Files.exists(file(id), LinkOption.NOFOLLOW_LINKS)) {
            Files.deleteIfExists(noteOf(id));
        }
    }

    void forget(String id) throws IOException {
        Files.deleteIfExists(file(id));
        Files.deleteIfExists(noteOf(id));
    }

    /** All that rests; what a crash left of an exchange that did not happen is dropped here. */
    List<Displaced> list() throws IOException {
        List<Displaced> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                String name = String.valueOf(file.getFileName());
                if (name.endsWith(NOTE)) {
                    cancel(name.substring(0, name.length() - NOTE.length()));
                } else {
                    Displaced one = read(name);
                    if (one != null) {
                        found.add(one);
                    }
                }
            }
        }
        return found;
    }

    private @Nullable Displaced read(String id) throws IOException {
        String[] parts = id.split("_", -1);
        if (parts.length != PARTS) {
            return null;
        }
        try {
            Fingerprint now = Attributes.read(file(id), "x").print();
            if (now.inode() != 0
                    && now.inode() == number(parts[2])
                    && now.mtime() == number(parts[3])
                    && now.size() == number(parts[4])) {
                forget(id);
                return null;
            }
            Fingerprint expected =
                    new Fingerprint(
                            number(parts[5]),
                            number(parts[6]),
                            number(parts[7]),
                            number(parts[8]),
                            number(parts[9]));
            return new Displaced(id, pathOf(id), expected, number(parts[1]));
        } catch (NoSuchFileException | NumberFormatException e) {
            return null;
        }
    }

    private static long number(String text) {
        return Long.parseLong(text, RADIX);
    }

    private String pathOf(String id) throws IOException {
        try {
            String path = Files.readString(noteOf(id), StandardCharsets.UTF_8);
            return path.isEmpty() ? LOST_PATH : path;
        } catch (NoSuchFileException e) {
            return LOST_PATH;
        }
    }
}
