package dev.holdfast.testing.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** {@code holdfast up} or {@code serve}, with ports of the system's choice. */
public final class ServerProcess implements AutoCloseable {
    /** The launcher may have to prepare the faster start first, on a machine with other work. */
    private static final Duration START_LIMIT = Duration.ofMinutes(5);

    private static final Duration STOP_LIMIT = Duration.ofMinutes(1);
    private static final Duration COMMAND_LIMIT = Duration.ofMinutes(1);
    private static final Pattern URL = Pattern.compile("https?://[^ ]+");

    private final Installation installation;
    private final String command;
    private final Path data;
    private final RunningProcess process;
    private final String url;
    private final String adminUrl;

    private ServerProcess(
            Installation installation,
            String command,
            Path data,
            RunningProcess process,
            String url,
            String adminUrl) {
        this.installation = installation;
        this.command = command;
        this.data = data;
        this.process = process;
        this.url = url;
        this.adminUrl = adminUrl;
    }

    /**
     * Starts a whole server and waits until it is ready.
     *
     * @param listen {@code HOST:PORT}; a restart gives the address of before, so that devices find
     *     it
     */
    public static ServerProcess start(
            Installation installation, Path data, String listen, String... more) {
        return start(installation, "up", data, listen, more);
    }

    /** As the other, with {@code up} or {@code serve}. */
    public static ServerProcess start(
            Installation installation, String command, Path data, String listen, String... more) {
        List<String> arguments = new ArrayList<>();
        arguments.addAll(List.of(command, "--data", data.toString(), "--listen", listen));
        arguments.addAll(List.of("--admin-listen", "127.0.0.1:0"));
        arguments.addAll(List.of(more));
        RunningProcess process = installation.start(null, arguments);
        try {
            String ready = process.awaitOut(line -> line.startsWith("ready "), START_LIMIT);
            String admin =
                    process.awaitErr(
                            line -> line.contains("admin") && URL.matcher(line).find(),
                            START_LIMIT);
            return new ServerProcess(
                    installation,
                    command,
                    data,
                    process,
                    ready.substring("ready ".length()),
                    find(admin));
        } catch (AssertionError | RuntimeException e) {
            process.close();
            throw e;
        }
    }

    private static String find(String line) {
        Matcher matcher = URL.matcher(line);
        if (!matcher.find()) {
            throw new AssertionError("no URL in: " + line);
        }
        return matcher.group().replaceAll("[).,]+$", "");
    }

    /** Starts another server on the same data at the same address. */
    public ServerProcess restart(String... more) {
        URI address = URI.create(url);
        return start(
                installation, command, data, address.getHost() + ":" + address.getPort(), more);
    }

    public String url() {
        return url;
    }

    public String adminUrl() {
        return adminUrl;
    }

    public RunningProcess process() {
        return process;
    }

    public Path data() {
        return data;
    }

    /** Adds an account and gives its link code. */
    public String addAccount(String name) {
        return code(admin("account", "add", name));
    }

    /** Another link code for an account. */
    public String newCode(String name) {
        return code(admin("account", "code", name));
    }

    /** Revokes the device of this name. */
    public void revoke(String deviceName) {
        Matcher device =
                Pattern.compile("\\{[^{}]*\"device\"\\s*:\\s*\"([0-9a-f]{32})\"[^{}]*\\}")
                        .matcher(admin("device", "list"));
        while (device.find()) {
            if (device.group().contains("\"" + deviceName + "\"")) {
                admin("device", "revoke", device.group(1));
                return;
            }
        }
        throw new AssertionError("no device " + deviceName);
    }

    private static String code(String answer) {
        Matcher code = Pattern.compile("\"code\"\\s*:\\s*\"([^\"]+)\"").matcher(answer);
        if (!code.find()) {
            throw new AssertionError("no code in " + answer);
        }
        return code.group(1);
    }

    /** An admin command's JSON answer. */
    private String admin(String... words) {
        List<String> arguments = new ArrayList<>(List.of("admin"));
        arguments.addAll(List.of(words));
        arguments.addAll(List.of("--json", "--url", adminUrl));
        Map<String, @Nullable String> token =
                Map.of("HOLDFAST_ADMIN_TOKEN_FILE", data.resolve("admin.token").toString());
        try (RunningProcess command = installation.start(null, arguments, token)) {
            if (command.awaitExit(COMMAND_LIMIT) != 0) {
                throw new AssertionError("an admin command failed" + command.describe());
            }
            return String.join("\n", command.out());
        }
    }

    /** The admin listener's answer to a GET; fails unless it is 200. */
    public String adminGet(String path) {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request =
                    HttpRequest.newBuilder(URI.create(adminUrl + path))
                            .header(
                                    "Authorization",
                                    "Bearer "
                                            + Files.readString(data.resolve("admin.token")).strip())
                            .timeout(Duration.ofSeconds(30))
                            .build();
            HttpResponse<String> answer =
                    client.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new AssertionError(
                        path + " answered " + answer.statusCode() + ": " + answer.body());
            }
            return answer.body();
        } catch (IOException e) {
            throw new UncheckedIOException("the admin listener does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while asking the admin listener", e);
        }
    }

    /**
     * The sum of a metric's samples whose line starts with the given text; 0 when there is none.
     */
    public double metric(String start) {
        return adminGet("/metrics")
                .lines()
                .filter(line -> line.startsWith(start))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    public void kill() {
        process.kill();
    }

    /** SIGTERM; the server has to end with 0. */
    public void stop() {
        int exitCode = process.terminate(STOP_LIMIT);
        if (exitCode != 0) {
            throw new AssertionError("the server ended with " + exitCode + process.describe());
        }
    }

    @Override
    public void close() {
        process.close();
    }
}
