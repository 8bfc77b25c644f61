package dev.holdfast.gateway.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;

/** What all commands that ask a server for background work share. */
abstract class JobAsking implements Callable<Integer> {
    @Mixin private AdminOptions admin = new AdminOptions();
    @Mixin private CommonOptions common = new CommonOptions();
    private final Terminal terminal;

    JobAsking(Terminal terminal) {
        this.terminal = terminal;
    }

    AdminClient client() {
        return admin.client(terminal);
    }

    Terminal terminal() {
        return terminal;
    }

    boolean json() {
        return common.json();
    }

    JobWatch watch() {
        return new JobWatch(client(), terminal, common.json());
    }
}
