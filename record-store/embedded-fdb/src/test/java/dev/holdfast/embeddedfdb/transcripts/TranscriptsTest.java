package dev.holdfast.embeddedfdb.transcripts;

import static org.assertj.core.api.Assertions.assertThat;

import com.apple.foundationdb.Database;
import dev.holdfast.embeddedfdb.EmbeddedDatabase;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import dev.holdfast.embeddedfdb.bindingtester.RealCluster;
import dev.holdfast.embeddedfdb.transcripts.Transcript.Scenario;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Holds the engine to what a real cluster said. {@code -Dholdfast.record=<directory>}, with an
 * empty cluster named, writes the transcripts anew.
 */
final class TranscriptsTest {
    private static final Map<String, Scenario> SCENARIOS =
            new TreeMap<>(
                    Map.ofEntries(
                            Map.entry("reads", ReadScenarios::ofTransactions),
                            Map.entry("reads-through", ReadScenarios::withoutOwnWrites),
                            Map.entry("reads-snapshot", ReadScenarios::ofSnapshots),
                            Map.entry("writes", CallScenarios::writes),
                            Map.entry("sizes", CallScenarios::sizes),
                            Map.entry("options", LifeScenarios::options),
                            Map.entry("versions", LifeScenarios::versions),
                            Map.entry("lives", LifeScenarios::lives),
                            Map.entry("retries", LifeScenarios::retries),
                            Map.entry("mutations", CallScenarios::mutations),
                            Map.entry("special-keys", SpecialScenarios::specialKeys),
                            Map.entry("system-keys", SpecialScenarios::systemKeys),
                            Map.entry("versionstamps", SpecialScenarios::versionstamps),
                            Map.entry("mapped-ranges", FeatureScenarios::mappedRanges),
                            Map.entry("watches", FeatureScenarios::watches),
                            Map.entry("measures", FeatureScenarios::measures)));

    private static String recorded(String name) throws IOException {
        try (InputStream text =
                TranscriptsTest.class.getResourceAsStream("/transcripts/" + name + ".txt")) {
            if (text == null) {
                return "";
            }
            return new String(text.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** The first difference, with what came before it. */
    private static void requireEqual(String name, String actual, String expected) {
        if (actual.equals(expected)) {
            return;
        }
        List<String> is = actual.lines().toList();
        List<String> was = expected.lines().toList();
        StringBuilder differences = new StringBuilder();
        int shown = 0;
        for (int i = 0; i < Math.max(is.size(), was.size()) && shown < 8; i++) {
            String left = i < was.size() ? was.get(i) : "(end)";
            String right = i < is.size() ? is.get(i) : "(end)";
            if (!left.equals(right)) {
                shown++;
                for (int before = Math.max(0, i - 6); before < i; before++) {
                    differences.append("      ").append(is.get(before)).append('\n');
                }
                differences.append(i + 1).append(" cluster ").append(left).append('\n');
                differences.append(i + 1).append(" here    ").append(right).append('\n');
            }
        }
        assertThat(differences.toString()).as(name).isEmpty();
    }

    @TestFactory
    Stream<DynamicTest> theEngineSaysWhatAClusterSaid() {
        return SCENARIOS.entrySet().stream()
                .filter(entry ->
                        entry.getKey().matches(System.getProperty("holdfast.scenario", ".*")))
                .map(entry ->
                        DynamicTest.dynamicTest(
                                entry.getKey(),
                                () -> {
                                    try (EmbeddedDatabase database =
                                            EmbeddedFoundationDb.inMemory()) {
                                        String text =
                                                Transcript.of(database, entry.getValue()).text();
                                        requireEqual(
                                                entry.getKey(), text, recorded(entry.getKey()));
                                    }
                                }));
    }

    @Test
    void aClusterSaysWhatWasRecorded() throws Exception {
        String directory = System.getProperty("holdfast.record");
        try (RealCluster cluster = RealCluster.openOrSkip("TranscriptsTest")) {
            Database database = cluster.database();
            for (Map.Entry<String, Scenario> entry : SCENARIOS.entrySet()) {
                if (!entry.getKey().matches(System.getProperty("holdfast.scenario", ".*"))) {
                    continue;
                }
                String text = Transcript.of(database, entry.getValue()).text();
                if (directory == null) {
                    requireEqual(entry.getKey(), text, recorded(entry.getKey()));
                } else {
                    Files.writeString(Path.of(directory, entry.getKey() + ".txt"), text);
                }
            }
        }
    }
}
