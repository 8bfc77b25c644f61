package dev.holdfast.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the documents point at is there. */
class DocumentsIT {
    private static final Path ROOT = Path.of(System.getProperty("holdfast.root"));
    private static final Pattern LINK =
            Pattern.compile("\\]\\((?!https?:)([^)#\\s]+)(?:#[^)]*)?\\)");
    private static final Pattern NAMED_TEST = Pattern.compile("`(\\w+(?:Test|IT))`");

    @Test
    void linksLeadSomewhere() throws IOException {
        List<String> dead = new ArrayList<>();
        for (Path document : files(".md")) {
            Path folder = document.resolve("..").normalize();
            LINK.matcher(Files.readString(document))
                    .results()
                    .map(link -> link.group(1))
                    .filter(target -> !Files.exists(folder.resolve(target)))
                    .forEach(target -> dead.add(ROOT.relativize(document) + " -> " + target));
        }
        assertThat(dead).isEmpty();
    }

    @Test
    void testsThatAreNamedExist() throws IOException {
        Set<String> tests =
                files(".java").stream()
                        .map(file -> file.getFileName().toString().replace(".java", ""))
                        .collect(Collectors.toSet());
        List<String> missing = new ArrayList<>();
        for (Path document : files(".md")) {
            NAMED_TEST
                    .matcher(Files.readString(document))
                    .results()
                    .map(name -> name.group(1))
                    .filter(name -> !tests.contains(name))
                    .forEach(name -> missing.add(ROOT.relativize(document) + ": " + name));
        }
        assertThat(missing).isEmpty();
    }

    private static List<Path> files(String ending) throws IOException {
        try (Stream<Path> all = Files.walk(ROOT)) {
            List<Path> found =
                    all.filter(file -> file.toString().endsWith(ending))
                            .filter(file -> !ROOT.relativize(file).toString().contains("target/"))
                            .toList();
            assertThat(found).as(ending + " below " + ROOT).isNotEmpty();
            return found;
        }
    }
}
