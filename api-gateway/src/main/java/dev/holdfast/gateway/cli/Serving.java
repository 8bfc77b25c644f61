package dev.holdfast.gateway.cli;

import java.time.Duration;
import org.apache.hadoop.service.launcher.IrqHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The life of a server process once it serves: says so, waits for its end, drains. */
final class Serving {
    private static final Logger LOG = LoggerFactory.getLogger(Serving.class);

    /** Draining has its own limits; this one is for what nobody thought of. */
    private static final Duration CLOSE_TIME_MAX = Duration.ofSeconds(60);

    private Serving() {}

    /** Printed with {@code --json}. */
    record Ready(String ready, String admin, String data) {}

    static int run(ServerProcess server, Terminal terminal, boolean json, boolean newcomer)
            throws InterruptedException {
        onSignal(IrqHandler.CONTROL_C, server, ExitCode.INTERRUPTED);
        onSignal(IrqHandler.SIGTERM, server, ExitCode.OK);
        terminal.message("data   " + server.data().path());
        terminal.message("admin  " + server.adminUrl());
        if (newcomer && !server.hasAccounts()) {
            UpCommand.next(server, terminal);
        }
        if (json) {
            terminal.json(
                    new Ready(server.url(), server.adminUrl(), server.data().path().toString()));
        } else {
            terminal.line("ready " + server.url());
        }
        try {
            return server.awaitEnd();
        } finally {
            haltLater();
            server.close();
        }
    }

    /**
     * Ends the server in order. This happens before the JVM begins its own shutdown, in which HDFS
     * would take itself apart while packs are still being sealed.
     */
    private static void onSignal(String name, ServerProcess server, int exitCode) {
        try {
            new IrqHandler(name, _ -> server.end(exitCode)).bind();
        } catch (IllegalArgumentException e) {
            LOG.warn("SIG{} cannot be caught here; it will end the server without draining", name);
        }
    }

    private static void haltLater() {
        Thread.ofPlatform()
                .name("shutdown-limit")
                .daemon()
                .start(() -> {
                    try {
                        Thread.sleep(CLOSE_TIME_MAX);
                        Runtime.getRuntime().halt(ExitCode.FAILED);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
    }
}
