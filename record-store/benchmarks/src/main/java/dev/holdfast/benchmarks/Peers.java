package dev.holdfast.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The same changes through Holdfast and, where they are installed, Syncthing and unison. */
public final class Peers implements Scenario {
    private static final int SINGLE_FILES = 10;

    /** Starts a peer; empty where it is not installed. */
    private interface Peer {
        Optional<TwoFolders> start(Path scratch) throws IOException;
    }

    @Override
    public String name() {
        return "peers";
    }

    @Override
    public String description() {
        return "what `visible` measures, beside Syncthing and unison in the same run";
    }

    @Override
    public Map<String, String> run(Path scratch) throws Exception {
        Map<String, String> figures = new LinkedHashMap<>();
        measure("holdfast", at -> Optional.of(new HoldfastFolders(at)), scratch, figures);
        measure("syncthing", SyncthingFolders::start, scratch, figures);
        measure("unison", UnisonFolders::start, scratch, figures);
        return figures;
    }

    private static void measure(String name, Peer peer, Path scratch, Map<String, String> figures)
            throws Exception {
        Path here = Files.createDirectories(scratch.resolve(name));
        Optional<TwoFolders> started = peer.start(here);
        if (started.isEmpty()) {
            System.err.println(
                    "SKIPPED: " + name + " is not installed; on Debian: apt install " + name);
            figures.put(name, "not installed; on Debian: apt install " + name);
            return;
        }
        try (TwoFolders folders = started.get()) {
            new Visibility(folders, name + ": ", figures).run(SINGLE_FILES, false);
        }
    }
}
