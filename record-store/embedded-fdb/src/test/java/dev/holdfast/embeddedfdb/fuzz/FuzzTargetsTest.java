package dev.holdfast.embeddedfdb.fuzz;

import org.junit.jupiter.api.Test;

/** A few hundred seeded inputs for each fuzz target. */
final class FuzzTargetsTest {
    @Test
    void versionstampOffsets() throws Exception {
        Inputs.each(1_500, VersionstampTarget::fuzzerTestOneInput);
    }

    @Test
    void keySelectors() throws Exception {
        Inputs.each(1_000, SelectorTarget::fuzzerTestOneInput);
    }

    @Test
    void databaseFiles() throws Exception {
        Inputs.each(60, DatabaseFilesTarget::fuzzerTestOneInput);
    }
}
