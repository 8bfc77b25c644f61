package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * {@code docs/operating/monitoring.md} names every metric a server exposes, with its labels, and no
 * metric has other labels, or more series, than its document says.
 */
class MetricsDocumentTest {
    private static final Path DOCUMENT = Path.of("..", "docs", "operating", "monitoring.md");
    private static final Pattern ROW = Pattern.compile("\\| `([a-z_]+)(?:\\{([a-z_,]+)})?` \\|.*");
    private static final Pattern SAMPLE =
            Pattern.compile("holdfast_([a-zA-Z_]+)(?:\\{(.*)})? \\S+(?: \\d+)?");
    private static final Pattern LABEL = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final List<String> PARTS = List.of("_bucket", "_sum", "_count", "_created");

    /** More than that is no label but an identity. */
    private static final int VALUES_MAX = 100;

    private static Map<String, Set<String>> documented() throws IOException {
        Map<String, Set<String>> rows = new TreeMap<>();
        for (String line : Files.readAllLines(DOCUMENT)) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                Set<String> labels = new TreeSet<>();
                if (row.group(2) != null) {
                    labels.addAll(Arrays.asList(row.group(2).split(",")));
                }
                rows.put(row.group(1), labels);
            }
        }
        return rows;
    }

    private static String name(String sample, Set<String> known) {
        if (known.contains(sample)) {
            return sample;
        }
        for (String part : PARTS) {
            if (sample.endsWith(part)) {
                String name = sample.substring(0, sample.length() - part.length());
                return known.contains(name) || !known.contains(name + "_total")
                        ? name
                        : name + "_total";
            }
        }
        return sample;
    }

    private static void useEverything(TestServer server) {
        TestDevice ada = server.account("ada");
        TestDevice other = server.another("ada");
        ada.file("file", ada.randomBytes(100));
        OpBatch batch =
                new OpBatch(
                        1,
                        List.of(
                                new Op.CreateFolder(
                                        ada.nextSequence(), ada.newNode(), ada.root(), "file"),
                                new Op.CreateFolder(
                                        ada.nextSequence(), ada.newNode(), ada.root(), "free")));
        ada.client().post(ada.nsPath() + "/ops", batch).expect(200);
        ada.client().post(ada.nsPath() + "/ops", batch).expect(200);
        other.changes("?wait=1");
        other.client().get("/v1/namespaces/" + "0".repeat(32)).expect(404);
    }

    @Test
    void theDocumentNamesEveryMetricWithItsLabels() throws IOException {
        Map<String, Set<String>> documented = documented();
        assertThat(documented).hasSizeGreaterThan(30);
        try (TestServer server = new TestServer()) {
            useEverything(server);
            String text = server.operator().with(null).get("/metrics").expect(200).text();
            Map<String, Set<String>> labels = new TreeMap<>();
            Map<String, Set<String>> values = new TreeMap<>();
            for (String line : text.lines().filter(l -> l.startsWith("holdfast_")).toList()) {
                Matcher sample = SAMPLE.matcher(line);
                assertThat(sample.matches()).as(line).isTrue();
                String name = name(sample.group(1), documented.keySet());
                Set<String> names = labels.computeIfAbsent(name, key -> new TreeSet<>());
                if (sample.group(2) != null) {
                    Matcher label = LABEL.matcher(sample.group(2));
                    while (label.find()) {
                        if (!label.group(1).equals("le")) {
                            names.add(label.group(1));
                            values.computeIfAbsent(label.group(1), key -> new TreeSet<>())
                                    .add(label.group(2));
                        }
                    }
                }
            }
            assertThat(labels).isNotEmpty();
            labels.forEach((name, names) -> {
                assertThat(documented).as("metrics of the document").containsKey(name);
                assertThat(documented.get(name)).as("labels of " + name).containsAll(names);
            });
            values.forEach((label, found) ->
                    assertThat(found).as("values of " + label).hasSizeLessThan(VALUES_MAX));
            assertThat(labels)
                    .containsKeys(
                            "http_requests_total",
                            "http_request_duration_seconds",
                            "http_in_flight",
                            "feed_waiters",
                            "feed_wakeups_total",
                            "conflicts_total",
                            "op_replays_total",
                            "commit_to_visible_seconds",
                            "fdb_transactions_total",
                            "fdb_transaction_duration_seconds",
                            "fdb_reads_per_op",
                            "chunk_bytes_total",
                            "chunk_dedupe_total",
                            "ready");
        }
    }

    @Test
    void whatAServerCountsIsWhatHappened() {
        try (TestServer server = new TestServer()) {
            useEverything(server);
            assertThat(value(server, "holdfast_conflicts_total", "kind", "name")).isEqualTo(2);
            assertThat(server.registry().getSampleValue("holdfast_op_replays_total"))
                    .as("what was refused is executed again, what was done is not")
                    .isEqualTo(1);
            assertThat(value(server, "holdfast_chunk_dedupe_total", "result", "miss")).isEqualTo(1);
            assertThat(value(server, "holdfast_fdb_transactions_total", "outcome", "committed"))
                    .isGreaterThan(3);
            assertThat(value(server, "holdfast_ready", "dependency", "metadata")).isEqualTo(1);
            assertThat(value(server, "holdfast_fdb_reads_per_op_count", "op", "ops"))
                    .isGreaterThan(0);
        }
    }

    private static double value(TestServer server, String name, String label, String value) {
        Double found =
                server.registry().getSampleValue(name, new String[] {label}, new String[] {value});
        assertThat(found).as(name + " of " + value).isNotNull();
        return found;
    }
}
