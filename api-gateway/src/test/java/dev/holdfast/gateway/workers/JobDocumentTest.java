package dev.holdfast.gateway.workers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.jobs.BackgroundJobs.State;
import dev.holdfast.metadata.jobs.BackgroundJobs.Wish;
import dev.holdfast.metadata.jobs.JobProgress;
import dev.holdfast.metadata.jobs.JobView;
import dev.holdfast.model.Id128;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is told of a job to whoever asks, on whichever machine. */
class JobDocumentTest {
    private static final long HEARTBEAT = 1_000_000;

    private static JobDocument at(State state, long remainingMillis, long nowMillis) {
        JobProgress progress =
                new JobProgress("chunks", Map.of("a", 1L), 25, 100, 0, 0, remainingMillis);
        JobView view =
                new JobView(
                        new Id128(1, 2),
                        "gc",
                        "{}",
                        state,
                        Wish.GO_ON,
                        "w",
                        HEARTBEAT - 7_200_000,
                        HEARTBEAT - 3_600_000,
                        HEARTBEAT,
                        0,
                        HEARTBEAT + 30_000,
                        progress,
                        0,
                        null,
                        null);
        return JobDocument.of(view, nowMillis);
    }

    @Test
    void theTimeLeftIsWhatItsWorkerSaidLessWhatHasPassedSince() {
        assertThat(at(State.RUNNING, 60_000, HEARTBEAT).etaMillis()).isEqualTo(60_000);
        assertThat(at(State.RUNNING, 60_000, HEARTBEAT + 2_000).etaMillis()).isEqualTo(58_000);
        assertThat(at(State.RUNNING, 1_000, HEARTBEAT + 2_000).etaMillis()).isZero();
        assertThat(at(State.RUNNING, 60_000, HEARTBEAT - 500).etaMillis())
                .as("by a clock that is behind")
                .isEqualTo(60_000);
    }

    @Test
    void nothingIsToldThatNobodyKnows() {
        assertThat(at(State.RUNNING, JobProgress.UNKNOWN, HEARTBEAT).etaMillis()).isNull();
        assertThat(at(State.PAUSED, 60_000, HEARTBEAT).etaMillis()).isNull();
        assertThat(at(State.DONE, 60_000, HEARTBEAT).etaMillis()).isNull();
        assertThat(at(State.RUNNING, 60_000, HEARTBEAT).phase()).isEqualTo("chunks");
        assertThat(at(State.RUNNING, 60_000, HEARTBEAT).itemsTotal()).isEqualTo(100);
    }
}
