package dev.holdfast.endtoend;

import dev.holdfast.testing.process.Device;
import dev.holdfast.testing.process.Folders;
import dev.holdfast.testing.process.Installation;
import dev.holdfast.testing.process.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.junit.jupiter.api.Assertions;
import org.opentest4j.AssertionFailedError;

/** A scratch folder for one test, with what it starts; closing stops everything and cleans up. */
final class Lab implements AutoCloseable {
    /** How often a kill is repeated: a few times in verify, a hundred in soak. */
    static final int KILLS = Boolean.getBoolean("holdfast.soak") ? 100 : 3;

    private static final AtomicInteger LABS = new AtomicInteger();

    private final Path scratch;
    private final Installation installation;
    private final List<AutoCloseable> started = new ArrayList<>();

    Lab(String name) {
        scratch = Path.of("target", "labs", name + "-" + LABS.incrementAndGet()).toAbsolutePath();
        Folders.delete(scratch);
        try {
            Files.createDirectories(scratch);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // The caches are shared: class data archived by one test speeds up the next one's start.
        installation = Installation.current(Path.of("target", "labs", "home").toAbsolutePath());
    }

    Installation installation() {
        return installation;
    }

    Path path(String name) {
        return scratch.resolve(name);
    }

    /** A server on a data directory of this lab. */
    ServerProcess server(String data, String... more) {
        ServerProcess server = ServerProcess.start(installation, path(data), "127.0.0.1:0", more);
        started.add(server);
        return server;
    }

    ServerProcess restart(ServerProcess server) {
        ServerProcess again = server.restart();
        started.add(again);
        return again;
    }

    /** A device of an account, with a folder of the device's name. */
    Device device(ServerProcess server, String account, String name) {
        return Device.link(installation, path(name), server.url(), server.newCode(account), name);
    }

    /** A pair of devices of a new account. */
    Pair pair(ServerProcess server, String account) {
        String code = server.addAccount(account);
        Device a =
                Device.link(installation, path(account + "-a"), server.url(), code, account + "-a");
        return new Pair(a, device(server, account, account + "-b"));
    }

    record Pair(Device a, Device b) {
        /** What two devices hold after each has run to its end; twice, so that both saw all. */
        void settle() {
            a.runOnce();
            b.runOnce();
            a.runOnce();
        }
    }

    <T extends AutoCloseable> T closing(T resource) {
        started.add(resource);
        return resource;
    }

    static void assertEqualFolders(Path left, Path right) {
        List<String> differences = Folders.differences(left, right);
        if (!differences.isEmpty()) {
            throw new AssertionFailedError(
                    differences.size()
                            + " differences:\n  "
                            + String.join(
                                    "\n  ",
                                    differences.subList(0, Math.min(50, differences.size()))));
        }
    }

    /** Waits for something that another process brings about. */
    static void await(String what, Duration limit, BooleanSupplier reached) {
        await(() -> what, limit, reached);
    }

    /** The same, saying at the end of the wait how things then stand. */
    static void await(Supplier<String> what, Duration limit, BooleanSupplier reached) {
        long end = System.nanoTime() + limit.toNanos();
        while (!reached.getAsBoolean()) {
            if (System.nanoTime() - end > 0) {
                Assertions.fail("not within " + limit + ": " + what.get());
            }
            LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
        }
    }

    /** Bytes that do not compress, the same for the same seed. */
    static byte[] bytes(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    static void write(Path file, byte[] bytes) {
        try {
            Files.createDirectories(file.getParent());
            Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void write(Path file, String text) {
        write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        IllegalStateException failure = new IllegalStateException("cannot stop all of " + scratch);
        for (AutoCloseable resource : started.reversed()) {
            try {
                resource.close();
            } catch (Exception e) {
                failure.addSuppressed(e);
            }
        }
        if (failure.getSuppressed().length > 0) {
            throw failure;
        }
        Folders.delete(scratch);
    }
}
