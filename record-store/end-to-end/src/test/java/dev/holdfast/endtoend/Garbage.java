package dev.holdfast.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.model.wire.WireJson;
import dev.holdfast.testing.process.Device;
import dev.holdfast.testing.process.RunningProcess;
import dev.holdfast.testing.process.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** A device that leaves garbage behind, and the orders to collect it. */
final class Garbage {
    private static final int FILES = 24;
    private static final int KEPT = 6;
    private static final int FILE_BYTES = 1 << 20;
    private static final Duration RUN_LIMIT = Duration.ofMinutes(8);
    private static final List<String> ALL =
            List.of("gc", "run", "--delete", "--now", "--purge-trash");

    private final Device device;
    private final Random random;

    Garbage(Device device, Random random) {
        this.device = device;
        this.random = random;
    }

    /** Stores files and deletes three of four of them; those kept are new each time. */
    void plant() {
        for (int file = 0; file < FILES; file++) {
            Lab.write(
                    device.folder().resolve("file" + file),
                    Lab.bytes(random.nextLong(), FILE_BYTES));
        }
        device.runOnce();
        for (int file = KEPT; file < FILES; file++) {
            try {
                Files.delete(device.folder().resolve("file" + file));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        device.runOnce("--max-delete", "off");
    }

    long keptBytes() {
        return (long) KEPT * FILE_BYTES;
    }

    /** Orders a whole collection and leaves it to the workers. */
    static String order(Lab lab, ServerProcess server) {
        List<String> words = new ArrayList<>(ALL);
        words.add("--detach");
        return run(lab, server, words.toArray(String[]::new))
                .lines()
                .findFirst()
                .orElseThrow()
                .strip();
    }

    /** Orders a whole collection and waits for it, in a process of its own. */
    static RunningProcess start(Lab lab, ServerProcess server) {
        List<String> words = new ArrayList<>(ALL);
        words.add("--json");
        return lab.installation().start(null, words(server, words));
    }

    /** The job of a process that {@link #start} started, which has to end well. */
    static JsonNode ended(RunningProcess run) {
        assertThat(run.awaitExit(RUN_LIMIT)).as(run::describe).isZero();
        return parse(run.out().getLast());
    }

    static JsonNode parse(String json) {
        try {
            return WireJson.mapper().readTree(json);
        } catch (JsonProcessingException e) {
            throw new AssertionError("no JSON: " + json, e);
        }
    }

    static JsonNode job(ServerProcess server, String job) {
        JsonNode shown = parse(server.adminGet("/v1/admin/jobs/" + job));
        assertThat(shown.path("state").asText()).as(shown.toString()).isNotEqualTo("failed");
        return shown;
    }

    /** Waits until a worker that was heard of since then has the job; false when it ended. */
    static boolean awaitWorkedOn(ServerProcess server, String job, long sinceMillis) {
        boolean[] running = new boolean[1];
        Lab.await(
                "somebody works on the job",
                RUN_LIMIT,
                () -> {
                    JsonNode shown = job(server, job);
                    running[0] =
                            shown.path("state").asText().equals("running")
                                    && shown.path("heartbeat_at_millis").asLong() > sinceMillis;
                    return running[0] || shown.path("state").asText().equals("done");
                });
        return running[0];
    }

    static JsonNode awaitDone(ServerProcess server, String job) {
        Lab.await(
                "the job's end",
                RUN_LIMIT,
                () -> job(server, job).path("state").asText().equals("done"));
        return job(server, job);
    }

    /** What a command prints that has to end with 0. */
    static String run(Lab lab, ServerProcess server, String... command) {
        return lab.installation()
                .run(RUN_LIMIT, words(server, List.of(command)).toArray(String[]::new))
                .expect(0)
                .text();
    }

    private static List<String> words(ServerProcess server, List<String> command) {
        List<String> words = new ArrayList<>(command);
        words.addAll(Arrays.asList("--url", server.adminUrl(), "--data", server.data().toString()));
        return words;
    }
}
