package dev.holdfast.gateway;

import dev.holdfast.metadata.Caller;
import dev.holdfast.metadata.MetadataStore;
import dev.holdfast.model.Sha256;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

    private final MetadataStore metadata;
    private final String metadataName;
    private final String chunksName;
    private final BooleanSupplier chunksAnswer;
    private volatile boolean stopping;

    /**
     * What there is to probe.
     *
     * @param metadataName where metadata lies, for people
     * @param chunksName where chunks lie, for people
     * @param chunksAnswer false when HDFS cannot serve
     */
    public Dependencies(
            MetadataStore metadata,
            String metadataName,
            String chunksName,
            BooleanSupplier chunksAnswer) {
        this.metadata = metadata;
        this.metadataName = metadataName;
        this.chunksName = chunksName;
        this.chunksAnswer = chunksAnswer;
    }

    String metadataName() {
        return metadataName;
    }

    String chunksName() {
        return chunksName;
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
        if (!answers("metadata", this::metadataAnswers)) {
            missing.add("metadata (" + metadataName + ")");
        }
        if (!answers("chunks", chunksAnswer)) {
            missing.add("chunks (" + chunksName + ")");
        }
        return missing;
    }

    private boolean metadataAnswers() {
        // Any answer will do, a refusal is one.
        return metadata.namespaces().list(NOBODY) != null;
    }

    private static boolean answers(String name, BooleanSupplier probe) {
        CompletableFuture<Boolean> answer =
                CompletableFuture.supplyAsync(
                        probe::getAsBoolean, task -> Thread.ofVirtual().start(task));
        try {
            return answer.get(PROBE_TIME_MAX.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("{} do not answer: {}", name, e.toString());
            return false;
        }
    }
}
