package dev.holdfast.benchmarks;

import dev.holdfast.testing.process.RunningProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Two folders that two instances of Syncthing keep equal over loopback, with all that needs other
 * machines switched off and the delay of its watcher at the shortest, one second. One dials the
 * other through a meter.
 */
final class SyncthingFolders implements TwoFolders {
    private static final Duration STOP_LIMIT = Duration.ofSeconds(30);
    private static final Duration GENERATE_LIMIT = Duration.ofSeconds(60);
    private static final Pattern DEVICE = Pattern.compile("<device id=\"([A-Z0-9-]{50,70})\"");
    private static final Pattern VERSION = Pattern.compile("<configuration version=\"([0-9]+)\"");

    /** One of the two: where it lives, what it keeps, and how it is reached. */
    private record Side(String name, Path home, Path folder, int port, String id, String version) {}

    private final Side a;
    private final Side b;
    private final WireMeter meter;
    private final RunningProcess runA;
    private final RunningProcess runB;

    private SyncthingFolders(Path program, Path scratch) throws IOException {
        a = side(program, scratch, "a");
        b = side(program, scratch, "b");
        meter = new WireMeter("tcp://127.0.0.1:" + a.port);
        String metered = meter.url().replace("http:", "tcp:");
        configure(a, b, "dynamic");
        configure(b, a, metered);
        runA = serve(program, a);
        runB = serve(program, b);
    }

    /** Starts it; empty where it is not installed. */
    static Optional<TwoFolders> start(Path scratch) throws IOException {
        Path program = UnisonFolders.onPath("syncthing");
        return program == null
                ? Optional.empty()
                : Optional.of(new SyncthingFolders(program, scratch));
    }

    private static Side side(Path program, Path scratch, String name) throws IOException {
        Path home = scratch.resolve("syncthing-home-" + name);
        Path folder = scratch.resolve("syncthing-" + name);
        // It takes a folder for unmounted where this is missing.
        Files.createDirectories(folder.resolve(".stfolder"));
        List<String> generate =
                List.of(
                        program.toString(),
                        "generate",
                        "--home=" + home,
                        "--no-default-folder",
                        "--skip-port-probing");
        try (RunningProcess process = RunningProcess.start(generate, scratch, Map.of())) {
            if (process.awaitExit(GENERATE_LIMIT) != 0) {
                throw new IOException("syncthing makes no configuration" + process.describe());
            }
        }
        String made = Files.readString(home.resolve("config.xml"));
        return new Side(name, home, folder, freePort(), found(DEVICE, made), found(VERSION, made));
    }

    private static String found(Pattern pattern, String text) throws IOException {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new IOException("this version of syncthing writes another configuration");
        }
        return matcher.group(1);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void configure(Side side, Side other, String address) throws IOException {
        String text =
                """
                <configuration version="%s">
                  <folder id="bench" label="bench" path="%s" type="sendreceive"
                      rescanIntervalS="3600" fsWatcherEnabled="true" fsWatcherDelayS="1">
                    <device id="%s"></device>
                    <device id="%s"></device>
                    <minDiskFree unit="%%">0</minDiskFree>
                  </folder>
                  <device id="%s" name="%s"><address>dynamic</address></device>
                  <device id="%s" name="%s"><address>%s</address></device>
                  <gui enabled="false"></gui>
                  <options>
                    <listenAddress>tcp://127.0.0.1:%d</listenAddress>
                    <globalAnnounceEnabled>false</globalAnnounceEnabled>
                    <localAnnounceEnabled>false</localAnnounceEnabled>
                    <relaysEnabled>false</relaysEnabled>
                    <natEnabled>false</natEnabled>
                    <reconnectionIntervalS>1</reconnectionIntervalS>
                    <startBrowser>false</startBrowser>
                    <urAccepted>-1</urAccepted>
                    <autoUpgradeIntervalH>0</autoUpgradeIntervalH>
                    <crashReportingEnabled>false</crashReportingEnabled>
                  </options>
                </configuration>
                """
                        .formatted(
                                side.version,
                                side.folder,
                                side.id,
                                other.id,
                                side.id,
                                side.name,
                                other.id,
                                other.name,
                                address,
                                side.port);
        Files.writeString(side.home.resolve("config.xml"), text);
    }

    private static RunningProcess serve(Path program, Side side) {
        return RunningProcess.start(
                List.of(
                        program.toString(),
                        "serve",
                        "--home=" + side.home,
                        "--no-browser",
                        "--no-restart",
                        "--no-upgrade"),
                side.home,
                Map.of("STNOUPGRADE", "1"));
    }

    @Override
    public Path from() {
        return a.folder;
    }

    @Override
    public Path to() {
        return b.folder;
    }

    @Override
    public long wireBytes() {
        return meter.up() + meter.down();
    }

    @Override
    public double processorSeconds() {
        return HoldfastFolders.seconds(runA) + HoldfastFolders.seconds(runB);
    }

    @Override
    public long peakBytes() {
        // A process that only watches over it is the one that was started.
        return Stream.concat(HoldfastFolders.all(runA), HoldfastFolders.all(runB))
                .mapToLong(SyncthingFolders::peakBytes)
                .max()
                .orElse(0);
    }

    private static long peakBytes(ProcessHandle process) {
        try (Stream<String> lines = Files.lines(Path.of("/proc/" + process.pid() + "/status"))) {
            return lines.filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
                    .max()
                    .orElse(0);
        } catch (IOException e) {
            // It has ended meanwhile, or this system does not tell.
            return 0;
        }
    }

    @Override
    public String describe() {
        return runA.describe() + runB.describe();
    }

    @Override
    public void close() throws IOException {
        runA.terminate(STOP_LIMIT);
        runB.terminate(STOP_LIMIT);
        runA.close();
        runB.close();
        meter.close();
    }
}
