package dev.holdfast.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.process.RunningProcess;
import dev.holdfast.testing.process.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The tour of README.md, pasted as it stands. */
class TourIT {
    private static final Path ROOT = Path.of(System.getProperty("holdfast.root"));
    private static final Pattern BLOCK = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);
    private static final String SERVES = "./holdfast up\n";
    private static final String URL = "http://127.0.0.1:8080";

    @Test
    void everyCommandOfTheTourDoesWhatItSays() throws IOException {
        try (Lab lab = new Lab("tour")) {
            ServerProcess server = lab.server("data");
            Path launcher = Path.of(System.getProperty("holdfast.launcher"));
            Files.createSymbolicLink(lab.path("holdfast"), launcher);
            Map<String, @Nullable String> environment = new HashMap<>();
            environment.put("HOME", lab.path("").toString());
            environment.put("XDG_STATE_HOME", null);
            environment.put("HOLDFAST_URL", server.adminUrl());
            List<String> shell =
                    List.of("bash", "-euc", commands().replace(URL, server.url()) + "wait || true");
            try (RunningProcess tour = RunningProcess.start(shell, lab.path(""), environment)) {
                assertThat(tour.awaitExit(Duration.ofMinutes(5))).as(tour::describe).isZero();
                assertThat(tour.out()).as(tour::describe).contains("equal", "a new line");
            }
            server.stop();
        }
    }

    /** What the tour has typed into the second terminal. */
    private static String commands() throws IOException {
        String readme = Files.readString(ROOT.resolve("README.md"));
        String tour = readme.substring(readme.indexOf("## A tour"), readme.indexOf("## What is"));
        List<String> blocks = BLOCK.matcher(tour).results().map(block -> block.group(1)).toList();
        assertThat(blocks).first().isEqualTo(SERVES);
        return blocks.stream().skip(1).collect(Collectors.joining());
    }
}
