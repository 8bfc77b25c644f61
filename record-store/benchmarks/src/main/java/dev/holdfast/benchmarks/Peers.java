package dev.holdfast.benchmarks;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The same changes through Holdfast and, where it is installed, through unison. */
public final class Peers implements Scenario {
    @Override
    public String name() {
        return "peers";
    }

    @Override
    public String description() {
        return "what `visible` measures, beside unison in the same run";
    }

    @Override
    public Map<String, String> run(Path scratch) throws Exception {
        Map<String, String> figures = new LinkedHashMap<>();
        Path here = Files.createDirectories(scratch.resolve("holdfast"));
        try (TwoFolders folders = new HoldfastFolders(here)) {
            new Visibility(folders, "holdfast: ", figures).run(false);
        }
        Optional<TwoFolders> unison = UnisonFolders.start(scratch);
        if (unison.isPresent()) {
            try (TwoFolders folders = unison.get()) {
                new Visibility(folders, "unison: ", figures).run(false);
            }
        } else {
            figures.put("unison", "not installed; on Debian: apt install unison");
        }
        return figures;
    }
}
