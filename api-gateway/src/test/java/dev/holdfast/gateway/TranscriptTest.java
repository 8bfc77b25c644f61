package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What docs/api.md shows is what a reader gets who types it. */
class TranscriptTest {
    private static final Path DOCUMENT = Path.of("..", "docs", "api.md");
    private static final String MARK = "-- end of step --";

    @TempDir private Path folder = Path.of("");

    /** A command and what it prints. */
    private record Step(String command, List<String> expected) {}

    @Test
    void everyCommandOfTheDocumentPrintsWhatItSays() throws Exception {
        List<Step> steps = steps(Files.readAllLines(DOCUMENT));
        assertThat(steps).hasSizeGreaterThan(20);
        try (TestServer server = new TestServer()) {
            List<String> printed = run(server, steps);
            assertThat(printed).hasSameSizeAs(steps);
            for (int i = 0; i < steps.size(); i++) {
                Step step = steps.get(i);
                String expected = String.join("\n", step.expected());
                assertThat(printed.get(i).stripTrailing())
                        .as(step.command())
                        .matches(pattern(expected.stripTrailing()));
            }
        }
    }

    private static Pattern pattern(String expected) {
        StringBuilder pattern = new StringBuilder();
        for (String part : expected.split("…", -1)) {
            pattern.append(pattern.isEmpty() ? "" : ".*").append(Pattern.quote(part));
        }
        return Pattern.compile(pattern.toString());
    }

    private static List<Step> steps(List<String> lines) {
        List<Step> steps = new ArrayList<>();
        boolean inside = false;
        boolean goesOn = false;
        for (String line : lines) {
            if (line.startsWith("```")) {
                inside = line.equals("```console");
                goesOn = false;
            } else if (inside && line.startsWith("$ ")) {
                steps.add(new Step(line.substring(2), new ArrayList<>()));
                goesOn = isOpen(line);
            } else if (inside && goesOn) {
                Step last = steps.removeLast();
                String command = last.command() + "\n" + line;
                steps.add(new Step(command, last.expected()));
                goesOn = isOpen(command);
            } else if (inside) {
                steps.getLast().expected().add(line);
            }
        }
        return steps;
    }

    /** A command goes on after a backslash, and while a quotation is open. */
    private static boolean isOpen(String command) {
        String plain = command.replace("\\\"", "");
        return command.endsWith("\\") || plain.chars().filter(c -> c == '"').count() % 2 == 1;
    }

    private List<String> run(TestServer server, List<Step> steps) throws IOException {
        StringBuilder script = new StringBuilder("set -u\n");
        for (Step step : steps) {
            script.append(step.command()).append("\necho; echo '").append(MARK).append("'\n");
        }
        Path file = Files.writeString(folder.resolve("script"), script);
        ProcessBuilder builder =
                new ProcessBuilder("bash", file.toString())
                        .directory(folder.toFile())
                        .redirectErrorStream(true);
        Map<String, String> environment = builder.environment();
        environment.put("URL", server.gateway().url());
        environment.put("ADMIN_URL", server.gateway().adminUrl());
        environment.put("ADMIN_TOKEN", TestServer.ADMIN_TOKEN);
        Process process = builder.start();
        try {
            String output =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            List<String> printed = new ArrayList<>(List.of(output.split(MARK + "\n", -1)));
            printed.removeLast();
            return printed;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } finally {
            process.destroyForcibly();
        }
    }
}
