package dev.holdfast.benchmarks;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** How soon a change on one device shows on another, and what it costs. */
public final class Visible implements Scenario {
    private static final int SINGLE_FILES = 20;

    @Override
    public String name() {
        return "visible";
    }

    @Override
    public String description() {
        return "time until changes of many kinds show on another running device";
    }

    @Override
    public Map<String, String> run(Path scratch) throws Exception {
        Map<String, String> figures = new LinkedHashMap<>();
        try (TwoFolders folders = new HoldfastFolders(scratch)) {
            new Visibility(folders, "", figures).run(SINGLE_FILES, true);
        }
        return figures;
    }
}
