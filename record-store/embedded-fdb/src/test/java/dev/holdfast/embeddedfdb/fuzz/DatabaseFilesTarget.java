package dev.holdfast.embeddedfdb.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.embeddedfdb.EmbeddedDatabase;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import dev.holdfast.embeddedfdb.engine.OpenException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Any bytes over any part of a database's small files and log: it is refused with a reason, or it
 * opens with every commit in it. Never a different failure, and never part of the commits.
 */
public final class DatabaseFilesTarget {
    private static final int COMMITS = 20;

    private static final Path DIRECTORY = folder();
    private static final List<Path> FILES = create();

    private DatabaseFilesTarget() {}

    /** Where Jazzer begins. */
    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        damage(input);
    }

    private static Path folder() {
        try {
            Path folder = Files.createTempDirectory("holdfast-fuzz");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
            return folder;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static List<Path> create() {
        Path template = DIRECTORY.resolve("template");
        try (EmbeddedDatabase database = EmbeddedFoundationDb.open(template)) {
            for (int i = 0; i < COMMITS; i++) {
                byte[] key = {(byte) i};
                database.run(transaction -> {
                    transaction.set(key, new byte[40]);
                    return true;
                });
            }
        }
        try (Stream<Path> found = Files.walk(template)) {
            return found.filter(Files::isRegularFile)
                    .map(template::relativize)
                    .filter(DatabaseFilesTarget::isParsed)
                    .sorted()
                    .toList();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static boolean isParsed(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(".log") || name.equals("format") || name.startsWith("acknowledged");
    }

    /** The first bytes say which file and where; the rest is written there. */
    private static void damage(byte[] input) throws IOException {
        if (input.length < 4) {
            return;
        }
        Path copy = DIRECTORY.resolve("copy");
        copy(DIRECTORY.resolve("template"), copy);
        Path file = copy.resolve(FILES.get((input[0] & 0xff) % FILES.size()));
        byte[] bytes = Files.readAllBytes(file);
        int place =
                bytes.length == 0 ? 0 : ((input[1] & 0xff) << 8 | (input[2] & 0xff)) % bytes.length;
        int length = Math.min(input.length - 3, bytes.length - place);
        System.arraycopy(input, 3, bytes, place, length);
        Files.write(file, bytes);
        try (EmbeddedDatabase database = EmbeddedFoundationDb.open(copy)) {
            int rows =
                    database.read(reader ->
                            reader.getRange(new byte[0], new byte[] {(byte) 0xff})
                                    .asList()
                                    .join()
                                    .size());
            assertThat(rows).as("damage in " + file.getFileName()).isEqualTo(COMMITS);
        } catch (OpenException refused) {
            assertThat(refused).hasMessageContaining(copy.toString());
        } finally {
            delete(copy);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> found = Files.walk(from)) {
            for (Path source : (Iterable<Path>) found::iterator) {
                Files.copy(source, to.resolve(from.relativize(source)));
            }
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> found = Files.walk(folder)) {
            for (Path path : found.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
