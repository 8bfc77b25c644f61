package dev.holdfast.sync.cli;

import dev.holdfast.model.Id128;
import dev.holdfast.model.Limits;
import dev.holdfast.model.Names;
import dev.holdfast.model.wire.DeviceRegistered;
import dev.holdfast.model.wire.DeviceRegistration;
import dev.holdfast.model.wire.NamespaceState;
import dev.holdfast.sync.disk.FolderDisk;
import dev.holdfast.sync.server.HttpSyncServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code link}: registers this device and ties a folder to a namespace. */
@Command(
        name = "link",
        mixinStandardHelpOptions = true,
        description = "Ties a folder to a server. Files on both sides are merged, none is deleted.")
final class LinkCommand implements Callable<Integer> {
    @Parameters(paramLabel = "URL", description = "the server, like https://files.example.org")
    String url = "";

    @Option(
            names = "--code",
            required = true,
            paramLabel = "CODE|-",
            description = "a one-time link code; - reads it from standard input")
    String code = "";

    @Option(names = "--folder", required = true, paramLabel = "DIR", description = "the folder")
    Path folder = Path.of("");

    @Option(names = "--state", paramLabel = "DIR", description = "where to keep the state")
    @Nullable Path state;

    @Option(names = "--device", paramLabel = "NAME", description = "what to call this device")
    @Nullable String device;

    @Option(
            names = "--namespace",
            paramLabel = "NS",
            description = "id or name of the namespace (default: the account's own)")
    @Nullable String namespace;

    @Option(names = "--ca-file", paramLabel = "F", description = "PEM authorities to trust")
    @Nullable Path caFile;

    @Option(names = "--insecure-http", description = "allow plain HTTP beyond this machine")
    boolean insecureHttp;

    @Mixin Output output = new Output();

    @Override
    public Integer call() throws CommandException, IOException {
        URI server = checkedUrl();
        Path at = folder.toAbsolutePath().normalize();
        if (Files.exists(at) && !Files.isDirectory(at)) {
            throw new CommandException(ExitCode.USAGE, at + " is not a folder");
        }
        Path states = state == null ? StatePlace.byDefault(at) : state.toAbsolutePath().normalize();
        if (states.startsWith(at)) {
            throw new CommandException(
                    ExitCode.USAGE, "the state directory must not lie inside the synced folder");
        }
        String oneTime = code.equals("-") ? readCode() : code;
        Path own = at.resolve(FolderDisk.OWN_FOLDER);
        Files.createDirectories(own);
        Files.createDirectories(states, StateFile.privately("rwx------"));
        try (FolderLock lock = FolderLock.tryTake(own)) {
            if (lock == null) {
                throw Session.locked(at);
            }
            return link(server, at, own, states, oneTime);
        }
    }

    private int link(URI server, Path at, Path own, Path states, String oneTime)
            throws CommandException, IOException {
        boolean again = LinkConfig.exists(states);
        Token token = Token.make(states, again);
        String ca = caFile == null ? null : caFile.toAbsolutePath().toString();
        String name = deviceName();
        try (HttpSyncServer connection = new HttpSyncServer(server, null, Session.trust(ca))) {
            DeviceRegistered registered =
                    connection.register(
                            new DeviceRegistration(
                                    oneTime.strip(), token.hash(), name, platform()));
            NamespaceState chosen = choose(registered.namespaces());
            // Without its old state the folder is merged: nothing that exists anywhere is deleted.
            for (String file : List.of("state.db", "state.db-wal", "state.db-shm")) {
                Files.deleteIfExists(states.resolve(file));
            }
            LinkConfig config =
                    new LinkConfig(
                            Id128.random(new SecureRandom()).toString(),
                            server.toString(),
                            at.toString(),
                            registered.accountName(),
                            registered.device(),
                            name,
                            chosen.namespace(),
                            chosen.name(),
                            registered.cell(),
                            ca);
            Files.writeString(own.resolve(StatePlace.POINTER), states + "\n");
            Files.writeString(own.resolve(FolderDisk.MARKER), config.link() + "\n");
            config.save(states);
            tell(config, states);
            return ExitCode.OK;
        }
    }

    private void tell(LinkConfig config, Path states) {
        if (output.json()) {
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("account", config.account());
            answer.put("device", config.device());
            answer.put("device_name", config.deviceName());
            answer.put("namespace", config.namespace());
            answer.put("folder", config.folder());
            answer.put("state", states.toString());
            output.print(answer);
        } else {
            output.line(
                    "linked "
                            + config.folder()
                            + " to "
                            + config.account()
                            + " on "
                            + config.url()
                            + " as device "
                            + config.deviceName());
            Output.say("now run: holdfast sync run --folder " + config.folder());
        }
    }

    private URI checkedUrl() throws CommandException {
        URI uri;
        try {
            uri = URI.create(url.contains("://") ? url : "https://" + url);
        } catch (IllegalArgumentException e) {
            throw new CommandException(ExitCode.USAGE, "not a URL: " + url);
        }
        String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
        if (uri.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
            throw new CommandException(
                    ExitCode.USAGE, "not a URL of a server: " + url + "; use https://HOST:PORT");
        }
        if (scheme.equals("http") && !insecureHttp && !loopback(uri.getHost())) {
            throw new CommandException(
                    ExitCode.USAGE,
                    "plain HTTP to "
                            + uri.getHost()
                            + " would show token and files to the network; use https, or add"
                            + " --insecure-http if the network is trusted");
        }
        return uri;
    }

    private static boolean loopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static String readCode() throws IOException, CommandException {
        String line =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
                        .readLine();
        if (line == null || line.isBlank()) {
            throw new CommandException(ExitCode.USAGE, "no link code on standard input");
        }
        return line;
    }

    private String deviceName() throws CommandException {
        String name = device == null ? hostName() : device.strip();
        if (name.isEmpty() || Names.utf8Length(name) > Limits.DEVICE_NAME_BYTES_MAX) {
            throw new CommandException(
                    ExitCode.USAGE,
                    "a device's name is 1 to "
                            + Limits.DEVICE_NAME_BYTES_MAX
                            + " bytes; give one with --device");
        }
        return name;
    }

    private static String hostName() {
        try {
            String host = InetAddress.getLocalHost().getHostName();
            return host.substring(0, Math.min(host.length(), Limits.DEVICE_NAME_BYTES_MAX));
        } catch (UnknownHostException e) {
            return "device";
        }
    }

    private static String platform() {
        return System.getProperty("os.name") + " " + System.getProperty("os.arch");
    }

    private NamespaceState choose(List<NamespaceState> namespaces) throws CommandException {
        for (NamespaceState one : namespaces) {
            boolean wanted =
                    namespace == null
                            ? one.kind().equals("personal") || namespaces.size() == 1
                            : one.namespace().toString().equals(namespace)
                                    || one.name().equals(namespace);
            if (wanted) {
                return one;
            }
        }
        throw new CommandException(
                ExitCode.NOT_FOUND,
                namespace == null
                        ? "the account has no namespace of its own; name one with --namespace"
                        : "no namespace " + namespace + " for this account");
    }
}
