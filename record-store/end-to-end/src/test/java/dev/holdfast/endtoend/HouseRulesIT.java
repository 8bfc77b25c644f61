package dev.holdfast.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What CONTRIBUTING.md says about how the code reads, where a machine can tell. */
class HouseRulesIT {
    private static final Path ROOT = Path.of(System.getProperty("holdfast.root"));
    private static final int FILE_LINES_MAX = 500;
    private static final Pattern VAGUE_NAME =
            Pattern.compile(".*(Util|Utils|Helper|Manager|Common|Impl)\\.java");
    private static final Pattern END =
            Pattern.compile("System\\.exit\\(|getRuntime\\(\\)\\.(exit|halt)\\(");
    private static final Pattern LEFT_OVER = Pattern.compile("\\b(TODO|FIXME|XXX|HACK)\\b");

    @Test
    void filesAreShortEnoughToRead() throws IOException {
        assertThat(
                        violations(
                                "",
                                (path, lines, found) -> {
                                    if (lines.size() > FILE_LINES_MAX) {
                                        found.add(path + " has " + lines.size() + " lines");
                                    }
                                }))
                .isEmpty();
    }

    @Test
    void namesSayWhatAClassIsFor() throws IOException {
        assertThat(sources(""))
                .extracting(file -> file.getFileName().toString())
                .noneMatch(name -> VAGUE_NAME.matcher(name).matches());
    }

    @Test
    void nothingIsLeftForLater() throws IOException {
        assertThat(lines("", line -> LEFT_OVER.matcher(line).find(), "HouseRulesIT.java"))
                .isEmpty();
    }

    @Test
    void testsDoNotSleepAndAreNotDisabled() throws IOException {
        assertThat(
                        lines(
                                "src/test/java",
                                line ->
                                        line.contains("Thread.sleep(")
                                                || line.contains("@Disabled"),
                                "HouseRulesIT.java"))
                .isEmpty();
    }

    @Test
    void librariesDoNotEndTheProcess() throws IOException {
        assertThat(lines("src/main/java", line -> END.matcher(line).find(), "cli/"))
                .as("the ends of processes outside the command lines")
                .allMatch(line -> line.contains("benchmarks/Bench.java"));
    }

    @Test
    void everyPackageSaysWhatItIsFor() throws IOException {
        List<String> bare = new ArrayList<>();
        sources("src/main/java").stream()
                .map(file -> file.resolve("..").normalize())
                .distinct()
                .filter(folder -> !Files.exists(folder.resolve("package-info.java")))
                .filter(folder -> !folder.toString().contains("com/apple/foundationdb"))
                .forEach(folder -> bare.add(relative(folder)));
        assertThat(bare).isEmpty();
    }

    private interface Check {
        void check(String path, List<String> lines, List<String> found);
    }

    private static List<String> violations(String below, Check check) throws IOException {
        List<String> found = new ArrayList<>();
        for (Path file : sources(below)) {
            check.check(relative(file), Files.readAllLines(file), found);
        }
        return found;
    }

    private static List<String> lines(String below, Predicate<String> bad, String allowed)
            throws IOException {
        return violations(
                below,
                (path, lines, found) -> {
                    if (path.contains(allowed)) {
                        return;
                    }
                    for (int at = 0; at < lines.size(); at++) {
                        if (bad.test(lines.get(at))) {
                            found.add(path + ":" + (at + 1) + ": " + lines.get(at).strip());
                        }
                    }
                });
    }

    private static List<Path> sources(String below) throws IOException {
        try (Stream<Path> files = Files.walk(ROOT)) {
            List<Path> sources =
                    files.filter(file -> file.toString().endsWith(".java"))
                            .filter(file -> !relative(file).contains("/target/"))
                            .filter(file -> relative(file).contains(below))
                            .toList();
            assertThat(sources).as("sources below " + ROOT).isNotEmpty();
            return sources;
        }
    }

    private static String relative(Path file) {
        return ROOT.relativize(file).toString();
    }
}
