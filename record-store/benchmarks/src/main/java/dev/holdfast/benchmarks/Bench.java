package dev.holdfast.benchmarks;

import dev.holdfast.model.wire.WireJson;
import dev.holdfast.testing.process.Folders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;

/** {@code holdfast bench [SCENARIO] [--json]}: lists the scenarios, or runs one. */
public final class Bench {
    private static final int USAGE = 2;

    private Bench() {}

    /** Runs the command line; ends with 0, 1 where a scenario failed, or 2 for wrong usage. */
    public static void main(String[] arguments) throws Exception {
        List<String> words = new ArrayList<>(List.of(arguments));
        boolean json = words.remove("--json");
        List<Scenario> scenarios =
                ServiceLoader.load(Scenario.class).stream()
                        .map(ServiceLoader.Provider::get)
                        .sorted(Comparator.comparing(Scenario::name))
                        .toList();
        if (words.isEmpty() || words.contains("--help")) {
            System.out.println("holdfast bench SCENARIO [--json]");
            scenarios.forEach(s -> System.out.printf("  %-14s %s%n", s.name(), s.description()));
            return;
        }
        for (Scenario scenario : scenarios) {
            if (words.equals(List.of(scenario.name()))) {
                run(scenario, json);
                return;
            }
        }
        System.err.println(
                "holdfast bench: no scenario "
                        + String.join(" ", words)
                        + "; `holdfast bench` lists them");
        Runtime.getRuntime().exit(USAGE);
    }

    private static void run(Scenario scenario, boolean json) throws Exception {
        Path scratch = Files.createTempDirectory("holdfast-bench");
        try {
            Map<String, String> figures = scenario.run(scratch);
            if (json) {
                System.out.println(WireJson.mapper().writeValueAsString(figures));
            } else {
                figures.forEach((what, value) -> System.out.printf("%-48s %s%n", what, value));
            }
        } finally {
            Folders.delete(scratch);
        }
    }
}
