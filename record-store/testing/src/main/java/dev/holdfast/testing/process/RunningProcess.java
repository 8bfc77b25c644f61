package dev.holdfast.testing.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A child process whose two outputs are kept line by line, so that a test can wait for a line and
 * show everything when it does not come. Closing kills the process and what it started.
 */
public final class RunningProcess implements AutoCloseable {
    /** Lines kept of each output; a child that prints more has gone wrong. */
    private static final int LINES_MAX = 200_000;

    /** How long the system may take to end a killed process. */
    private static final Duration KILLED_LIMIT = Duration.ofSeconds(10);

    private final List<String> command;
    private final Process process;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition moved = lock.newCondition();
    private final List<String> out = new ArrayList<>();
    private final List<String> err = new ArrayList<>();
    private int openOutputs = 2;

    private RunningProcess(List<String> command, Process process) {
        this.command = command;
        this.process = process;
    }

    /**
     * Starts a command.
     *
     * @param directory the working directory; null for this process's own
     * @param environment added to this process's environment; a null value removes the variable
     */
    public static RunningProcess start(
            List<String> command,
            @Nullable Path directory,
            Map<String, @Nullable String> environment) {
        ProcessBuilder builder = new ProcessBuilder(command);
        if (directory != null) {
            builder.directory(directory.toFile());
        }
        environment.forEach((name, value) -> {
            if (value == null) {
                builder.environment().remove(name);
            } else {
                builder.environment().put(name, value);
            }
        });
        builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        try {
            RunningProcess running = new RunningProcess(List.copyOf(command), builder.start());
            running.collect(running.process.getInputStream(), running.out);
            running.collect(running.process.getErrorStream(), running.err);
            return running;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + command, e);
        }
    }

    private void collect(InputStream stream, List<String> lines) {
        Thread.ofVirtual()
                .start(() -> {
                    try (BufferedReader reader =
                            new BufferedReader(
                                    new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                        String line;
                        while ((line = reader.readLine()) != null) {
                            add(lines, line);
                        }
                    } catch (IOException e) {
                        add(lines, "(output broke off: " + e.getMessage() + ")");
                    } finally {
                        ended();
                    }
                });
    }

    private void add(List<String> lines, String line) {
        lock.lock();
        try {
            if (lines.size() < LINES_MAX) {
                lines.add(line);
            }
            moved.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void ended() {
        lock.lock();
        try {
            openOutputs--;
            moved.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Waits for a line of standard output; fails with all output when it ends or time runs out. */
    public String awaitOut(Predicate<String> wanted, Duration limit) {
        return await(out, wanted, limit);
    }

    /** As {@link #awaitOut}, for standard error. */
    public String awaitErr(Predicate<String> wanted, Duration limit) {
        return await(err, wanted, limit);
    }

    private String await(List<String> lines, Predicate<String> wanted, Duration limit) {
        long left = limit.toNanos();
        int seen = 0;
        lock.lock();
        try {
            while (true) {
                for (; seen < lines.size(); seen++) {
                    if (wanted.test(lines.get(seen))) {
                        return lines.get(seen);
                    }
                }
                if (openOutputs == 0 || left <= 0) {
                    throw new AssertionError(
                            (left <= 0 ? "no such line within " + limit : "the process ended")
                                    + describe());
                }
                left = moved.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for output", e);
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the end and gives the exit code; kills and fails when time runs out. */
    public int awaitExit(Duration limit) {
        try {
            if (!process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                String soFar = describe() + "\n  " + stacks();
                close();
                throw new AssertionError("still running after " + limit + soFar);
            }
            lock.lock();
            try {
                long left = Duration.ofSeconds(5).toNanos();
                while (openOutputs > 0 && left > 0) {
                    left = moved.awaitNanos(left);
                }
            } finally {
                lock.unlock();
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the end", e);
        }
    }

    /** Where a Java process's threads stand is the only witness of what it waited for. */
    private String stacks() {
        Path file = Path.of("target", "stacks-" + pid() + ".txt").toAbsolutePath();
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        try {
            Process dump =
                    new ProcessBuilder(
                                    jcmd,
                                    Long.toString(pid()),
                                    "Thread.dump_to_file",
                                    "-overwrite",
                                    file.toString())
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start();
            if (!dump.waitFor(KILLED_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                dump.destroyForcibly();
            }
            return Files.exists(file) ? "its threads: " + file : "its threads do not tell";
        } catch (IOException e) {
            return "its threads cannot be asked: " + e.getMessage();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "its threads were not asked";
        }
    }

    /** SIGKILL, without a chance to clean up. */
    public void kill() {
        process.destroyForcibly();
        awaitExit(Duration.ofSeconds(30));
    }

    /** SIGTERM. */
    public int terminate(Duration limit) {
        process.destroy();
        return awaitExit(limit);
    }

    public boolean alive() {
        return process.isAlive();
    }

    public long pid() {
        return process.pid();
    }

    /** Resident memory now, in bytes; empty where the system does not tell. */
    public Optional<Long> residentBytes() {
        return procStatus("VmRSS:");
    }

    /** Peak resident memory so far, in bytes. */
    public Optional<Long> peakResidentBytes() {
        return procStatus("VmHWM:");
    }

    private Optional<Long> procStatus(String field) {
        try {
            return Files.readAllLines(Path.of("/proc/" + pid() + "/status")).stream()
                    .filter(line -> line.startsWith(field))
                    .map(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    public List<String> out() {
        lock.lock();
        try {
            return List.copyOf(out);
        } finally {
            lock.unlock();
        }
    }

    public List<String> err() {
        lock.lock();
        try {
            return List.copyOf(err);
        } finally {
            lock.unlock();
        }
    }

    /** The command with all it printed, for a failure's message. */
    public String describe() {
        return "\n  command: "
                + String.join(" ", command)
                + "\n  standard output:\n    "
                + String.join("\n    ", out())
                + "\n  standard error:\n    "
                + String.join("\n    ", err());
    }

    /** Waits until all are gone, so that nothing writes into a folder that is removed next. */
    @Override
    public void close() {
        List<ProcessHandle> all =
                Stream.concat(process.descendants(), Stream.of(process.toHandle())).toList();
        all.forEach(ProcessHandle::destroyForcibly);
        CompletableFuture<?>[] gone =
                all.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(gone)
                .completeOnTimeout(null, KILLED_LIMIT.toNanos(), TimeUnit.NANOSECONDS)
                .join();
    }
}
