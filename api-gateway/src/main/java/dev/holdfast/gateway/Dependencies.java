package dev.holdfast.gateway;

import dev.holdfast.metadata.Caller;
import dev.holdfast.metadata.MetadataStore;
import dev.holdfast.model.Sha256;
import io.prometheus.client.Collector;
import io.prometheus.client.GaugeMetricFamily;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the server needs from others to be ready, and whether it answers now. */
public final class Dependencies {
    private static final Logger LOG = LoggerFactory.getLogger(Dependencies.class);
    private static final Duration PROBE_TIME_MAX = Duration.ofSeconds(2);

    /** Hash of nobody's token: asking in its name is one read and is always refused. */
    private static final Caller NOBODY = new Caller(new Sha256(0, 0, 0, 0));

    private final Dependency metadata;
    private final Dependency chunks;
    private volatile boolean stopping;

    /**
     * One of them.
     *
     * @param label a word, for metrics
     * @param place where it is, for people
     * @param probe really asks it; false or an exception when it cannot serve
     */
    private record Dependency(String label, String place, BooleanSupplier probe) {}

    /**
     * What there is to probe.
     *
     * @param metadataName where metadata lies, for people
     * @param chunksName where chunks lie, for people
     * @param chunksAnswer asks HDFS; false when it cannot serve
     */
    public Dependencies(
            MetadataStore metadata,
            String metadataName,
            String chunksName,
            BooleanSupplier chunksAnswer) {
        this.metadata =
                new Dependency(
                        "metadata",
                        metadataName,
                        // Any answer will do, a refusal is one.
                        () -> metadata.namespaces().list(NOBODY) != null);
        this.chunks = new Dependency("chunks", chunksName, chunksAnswer);
    }

    String metadataName() {
        return metadata.place();
    }

    String chunksName() {
        return chunks.place();
    }

    void stopping() {
        stopping = true;
    }

    /** Names of what does not answer; empty when the server is ready. */
    List<String> missing() {
        List<String> missing = new ArrayList<>();
        if (stopping) {
            missing.add("server (stopping)");
        }
        ask().forEach((dependency, answers) -> {
            if (!answers) {
                missing.add(dependency.label() + " (" + dependency.place() + ")");
            }
        });
        return missing;
    }

    /** All at the same time, each within a limit. */
    private Map<Dependency, Boolean> ask() {
        Map<Dependency, CompletableFuture<Boolean>> asked = new LinkedHashMap<>();
        for (Dependency dependency : List.of(metadata, chunks)) {
            asked.put(
                    dependency,
                    CompletableFuture.supplyAsync(
                            dependency.probe()::getAsBoolean,
                            task -> Thread.ofVirtual().start(task)));
        }
        Map<Dependency, Boolean> answers = new LinkedHashMap<>();
        long deadline = System.nanoTime() + PROBE_TIME_MAX.toNanos();
        asked.forEach((dependency, answer) ->
                answers.put(dependency, answers(dependency, answer, deadline - System.nanoTime())));
        return answers;
    }

    private static boolean answers(
            Dependency dependency, CompletableFuture<Boolean> answer, long nanos) {
        try {
            return answer.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("{} do not answer: {}", dependency.label(), e.toString());
            return false;
        }
    }

    /** What a scrape is told; asking is part of it. */
    Collector metrics() {
        return new Collector() {
            @Override
            public List<MetricFamilySamples> collect() {
                GaugeMetricFamily ready =
                        new GaugeMetricFamily(
                                "holdfast_ready",
                                "1 when it answers now: what the server needs, and the server.",
                                List.of("dependency"));
                ready.addMetric(List.of("server"), stopping ? 0 : 1);
                ask().forEach((dependency, answers) ->
                        ready.addMetric(List.of(dependency.label()), answers ? 1 : 0));
                return List.of(ready);
            }
        };
    }
}
