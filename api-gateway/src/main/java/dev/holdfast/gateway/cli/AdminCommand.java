package dev.holdfast.gateway.cli;

import dev.holdfast.gateway.http.routes.AdminRoutes;
import dev.holdfast.metadata.AccountView;
import dev.holdfast.metadata.DeviceView;
import dev.holdfast.model.DeviceId;
import dev.holdfast.model.wire.LinkCode;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code admin …}: what an operator asks of a running server. */
@Command(
        name = "admin",
        description = "Manage accounts and devices of a running server.",
        mixinStandardHelpOptions = true)
final class AdminCommand implements Runnable {
    private static final String ACCOUNTS = "/v1/admin/accounts";

    @Spec private @Nullable CommandSpec spec;

    @Override
    public void run() {
        throw Groups.missing(spec);
    }

    static CommandLine assemble(Terminal terminal) {
        return new CommandLine(new AdminCommand())
                .addSubcommand(
                        "account",
                        new CommandLine(new AccountCommand())
                                .addSubcommand(new AccountAdd(terminal))
                                .addSubcommand(new AccountCode(terminal))
                                .addSubcommand(new AccountList(terminal))
                                .addSubcommand(new AccountDisable(terminal))
                                .addSubcommand(new AccountEnable(terminal))
                                .addSubcommand(new AccountPasswd(terminal)))
                .addSubcommand(
                        "device",
                        new CommandLine(new DeviceCommand())
                                .addSubcommand(new DeviceList(terminal))
                                .addSubcommand(new DeviceRevoke(terminal)))
                .addSubcommand(new Status(terminal))
                .addSubcommand(new RestoredCommand(terminal));
    }

    @Command(
            name = "account",
            description = "Accounts and their link codes.",
            mixinStandardHelpOptions = true)
    static final class AccountCommand implements Runnable {
        @Spec private @Nullable CommandSpec spec;

        @Override
        public void run() {
            throw Groups.missing(spec);
        }
    }

    @Command(
            name = "device",
            description = "Devices of all accounts.",
            mixinStandardHelpOptions = true)
    static final class DeviceCommand implements Runnable {
        @Spec private @Nullable CommandSpec spec;

        @Override
        public void run() {
            throw Groups.missing(spec);
        }
    }

    /** What all commands that ask a server share. */
    abstract static class Asking implements Runnable {
        @Mixin private AdminOptions admin = new AdminOptions();
        @Mixin private CommonOptions common = new CommonOptions();
        private final Terminal terminal;

        Asking(Terminal terminal) {
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

        void show(LinkCode code) {
            if (json()) {
                terminal.json(code);
                return;
            }
            terminal.line(code.code());
            Duration life =
                    Duration.between(Instant.now(), Instant.ofEpochMilli(code.expiresAtMillis()));
            terminal.message(
                    "this code links one device to "
                            + code.account()
                            + ", once, within "
                            + Math.max(1, life.plusSeconds(30).toMinutes())
                            + " minutes");
        }
    }

    @Command(name = "add", description = "Make an account and print a one-time link code.")
    static final class AccountAdd extends Asking {
        @Parameters(paramLabel = "NAME", description = "The account's name.")
        private String name = "";

        @Option(
                names = "--quota",
                paramLabel = "SIZE",
                converter = SizeConverter.class,
                description = "What it may keep, such as 20G (default: no limit).")
        private @Nullable Long quota;

        AccountAdd(Terminal terminal) {
            super(terminal);
        }

        @Override
        public void run() {
            show(client().post(ACCOUNTS, new AdminRoutes.NewAccount(name, quota), LinkCode.class));
        }
    }

    @Command(name = "code", description = "Print another one-time link code for an account.")
    static final class AccountCode extends Asking {
        @Parameters(paramLabel = "NAME", description = "The account's name.")
        private String name = "";

        AccountCode(Terminal terminal) {
            super(terminal);
        }

        @Override
        public void run() {
            show(
                    client().post(
                                    ACCOUNTS + "/" + AdminClient.part(name) + "/codes",
                                    null,
                                    LinkCode.class));
        }
    }

    @Command(name = "list", description = "List accounts.")
    static final class AccountList extends Asking {
        AccountList(Terminal terminal) {
            super(terminal);
        }

        @Override
        public void run() {
            AdminRoutes.AccountList list = client().get(ACCOUNTS, AdminRoutes.AccountList.class);
            if (json()) {
                list.accounts().forEach(terminal()::json);
                return;
            }
            for (AccountView account : list.accounts()) {
                terminal()
                        .line(
                                "%s  %s  %s used of %s"
                                        .formatted(
                                                account.name(),
                                                account.enabled() ? "enabled" : "disabled",
                                                Sizes.text(account.usedBytes()),
                                                account.quotaBytes() == 0
                                                        ? "no limit"
                                                        : Sizes.text(account.quotaBytes())));
            }
        }
    }

    /** Disable and enable differ in a word. */
    abstract static class AccountChange extends Asking {
        @Parameters(paramLabel = "NAME", description = "The account's name.")
        private String name = "";

        private final String change;

        AccountChange(Terminal terminal, String change) {
            super(terminal);
            this.change = change;
        }

        @Override
        public void run() {
            client().change("POST", ACCOUNTS + "/" + AdminClient.part(name) + "/" + change);
            terminal().message(name + " is " + change + "d");
        }
    }

    @Command(
            name = "disable",
            description = "Serve none of an account's devices until it is enabled again.")
    static final class AccountDisable extends AccountChange {
        AccountDisable(Terminal terminal) {
            super(terminal, "disable");
        }
    }

    @Command(name = "enable", description = "Serve an account's devices again.")
    static final class AccountEnable extends AccountChange {
        AccountEnable(Terminal terminal) {
            super(terminal, "enable");
        }
    }

    @Command(
            name = "passwd",
            description = {
                "Set the secret with which an account can link devices without a code.",
                "Asks for it, or reads one line of standard input."
            })
    static final class AccountPasswd extends Asking {
        @Parameters(paramLabel = "NAME", description = "The account's name.")
        private String name = "";

        @Option(names = "--remove", description = "Take the secret away instead.")
        private boolean remove;

        AccountPasswd(Terminal terminal) {
            super(terminal);
        }

        @Override
        public void run() {
            String path = ACCOUNTS + "/" + AdminClient.part(name) + "/secret";
            if (remove) {
                client().change("DELETE", path);
                terminal().message(name + " has no secret; only link codes link its devices");
                return;
            }
            AdminClient client = client();
            client.put(path, new AdminRoutes.NewSecret(terminal().secret()));
            terminal().message(name + " has a new secret; linked devices stay linked");
        }
    }

    @Command(name = "list", description = "List devices of all accounts.")
    static final class DeviceList extends Asking {
        DeviceList(Terminal terminal) {
            super(terminal);
        }

        @Override
        public void run() {
            AdminRoutes.DeviceList list =
                    client().get("/v1/admin/devices", AdminRoutes.DeviceList.class);
            if (json()) {
                list.devices().forEach(terminal()::json);
                return;
            }
            for (DeviceView device : list.devices()) {
                terminal()
                        .line(
                                "%s  %s  %s  %s%s"
                                        .formatted(
                                                device.device(),
                                                device.account(),
                                                device.name(),
                                                device.platform(),
                                                device.revoked() ? "  revoked" : ""));
            }
        }
    }

    @Command(name = "revoke", description = "Revoke a device; it is out at its next request.")
    static final class DeviceRevoke extends Asking {
        @Parameters(paramLabel = "DEVICE", description = "The device's id, as listed.")
        private String device = "";

        DeviceRevoke(Terminal terminal) {
            super(terminal);
        }

        @Override
        public void run() {
            DeviceId id;
            try {
                id = DeviceId.parse(device);
            } catch (IllegalArgumentException e) {
                throw new CommandFailure(
                        ExitCode.USAGE, "a device's id is 32 hexadecimal digits, as listed", e);
            }
            client().change("DELETE", "/v1/admin/devices/" + id);
            terminal().message("revoked");
        }
    }

    @Command(name = "status", description = "Say how the server is.")
    static final class Status extends Asking {
        Status(Terminal terminal) {
            super(terminal);
        }

        @Override
        public void run() {
            AdminRoutes.ServerStatus status =
                    client().get("/v1/admin/status", AdminRoutes.ServerStatus.class);
            if (json()) {
                terminal().json(status);
                return;
            }
            terminal().line("url        " + status.url());
            terminal().line("cell       " + status.cell());
            terminal().line("version    " + status.version());
            terminal().line("metadata   " + status.metadata());
            terminal().line("chunks     " + status.chunks());
            terminal().line("up since   " + Instant.ofEpochMilli(status.upSinceMillis()));
            terminal().line("accounts   " + status.accounts());
            terminal().line("devices    " + status.devices());
            terminal()
                    .line(
                            "missing    "
                                    + (status.missing().isEmpty()
                                            ? "nothing"
                                            : String.join(", ", status.missing())));
        }
    }
}
