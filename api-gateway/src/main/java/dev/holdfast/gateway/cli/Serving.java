package dev.holdfast.gateway.cli;

import java.time.Duration;

/** The life of a server process once it serves: says so, waits for its end, drains. */
final class Serving {
    /** Draining has its own limits; this one is for what nobody thought of. */
    private static final Duration CLOSE_TIME_MAX = Duration.ofSeconds(60);

    private Serving() {}

    /** Printed with {@code --json}. */
    record Ready(String ready, String admin, String data) {}

    static int run(ServerProcess server, Terminal terminal, boolean json, boolean newcomer)
            throws InterruptedException {
        Thread hook =
                Thread.ofPlatform()
                        .name("shutdown")
                        .unstarted(() -> {
                            haltLater();
                            server.close();
                            // SIGTERM is the ordinary way to end a server: it is no failure.
                            Runtime.getRuntime().halt(server.exitCode());
                        });
        Runtime.getRuntime().addShutdownHook(hook);
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
        return server.awaitEnd();
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
