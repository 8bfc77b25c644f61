package dev.holdfast.blockgc;

import dev.holdfast.metadata.jobs.JobStoppedException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Waiting, so that the collection leaves room for everybody else. */
public interface Pacer {
    /** Called after so many bytes were rewritten. */
    void rewritten(long bytes);

    /** Waits for something that somebody else has to do. */
    void pause(Duration time);

    /** At most so many bytes a second. */
    static Pacer bytesPerSecond(long bytesPerSecond) {
        if (bytesPerSecond < 1) {
            throw new IllegalArgumentException("bytes per second are positive");
        }
        return new Pacer() {
            @Override
            public void rewritten(long bytes) {
                sleep(bytes * 1_000_000 / bytesPerSecond);
            }

            @Override
            public void pause(Duration time) {
                sleep(time.toNanos() / 1_000);
            }

            private static void sleep(long micros) {
                try {
                    TimeUnit.MICROSECONDS.sleep(micros);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new JobStoppedException(JobStoppedException.Why.WORKER_ENDS);
                }
            }
        };
    }
}
