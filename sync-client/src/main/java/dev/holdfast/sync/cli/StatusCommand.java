package dev.holdfast.sync.cli;

import dev.holdfast.model.NodeId;
import dev.holdfast.sync.disk.FolderDisk;
import dev.holdfast.sync.store.SqliteStore;
import dev.holdfast.sync.tree.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code status}: what the client does, and what is not in step and why. */
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = "Says what the client does, and what is not in step and why.")
final class StatusCommand implements Callable<Integer> {
    /** More are counted, not listed. */
    private static final int FILES_MAX = 100_000;

    @Option(names = "--all", description = "with --json, lists the files that are in step, too")
    boolean all;

    @Mixin StatePlace place = new StatePlace();

    @Mixin Output output = new Output();

    @Override
    public Integer call() throws CommandException, IOException {
        Path state = place.resolve();
        LinkConfig config = LinkConfig.load(state);
        StatusFile last = StatusFile.load(state);
        boolean running = running(Path.of(config.folder()));
        String what = last == null ? "never-run" : last.state();
        if (!running && last != null && !what.equals("stopped")) {
            what = what.equals("up-to-date") ? "up-to-date" : "stopped";
        }
        if (Files.exists(state.resolve(Runner.PAUSED))) {
            what = "paused";
        }
        if (output.json()) {
            Map<String, Object> answer = json(state, config, last, running, what);
            answer.put("limit_up", Settings.resolve(state, Map.of(), Map.of()).limitUp());
            answer.put("limit_down", Settings.resolve(state, Map.of(), Map.of()).limitDown());
            files(state, config, last, answer);
            output.print(answer);
        } else {
            text(config, last, running, what);
        }
        return ExitCode.OK;
    }

    private static boolean running(Path folder) throws IOException {
        Path own = folder.resolve(FolderDisk.OWN_FOLDER);
        if (!Files.isDirectory(own)) {
            return false;
        }
        try (FolderLock lock = FolderLock.tryTake(own)) {
            return lock == null;
        }
    }

    /** Every file that is not in step, and on demand every other, with the reason. */
    private void files(
            Path state, LinkConfig config, @Nullable StatusFile last, Map<String, Object> answer) {
        if (!Files.exists(Session.database(state))) {
            return;
        }
        Trees trees = new Trees(NodeId.rootOf(config.namespace()));
        try (SqliteStore store = SqliteStore.openReadOnly(Session.database(state))) {
            store.load(trees);
        }
        FileStates states =
                FileStates.of(trees, last == null ? Map.of() : last.waiting(), all, FILES_MAX);
        answer.put("files", states.files());
        answer.put("files_left_out", states.leftOut());
    }

    private static Map<String, Object> json(
            Path state,
            LinkConfig config,
            @Nullable StatusFile last,
            boolean running,
            String what) {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("folder", config.folder());
        answer.put("state_dir", state.toString());
        answer.put("server", config.url());
        answer.put("account", config.account());
        answer.put("device", config.device());
        answer.put("device_name", config.deviceName());
        answer.put("namespace", config.namespace());
        answer.put("running", running);
        answer.put("state", what);
        if (last != null) {
            answer.put("message", last.message());
            answer.put("at_millis", last.atMillis());
            answer.put("equal_at_millis", last.equalAtMillis());
            answer.put("entries", last.files());
            answer.put("pending", last.pending());
            answer.put("held_deletes", last.heldDeletes());
            answer.put("waiting", last.waiting());
        }
        return answer;
    }

    private void text(LinkConfig config, @Nullable StatusFile last, boolean running, String what) {
        output.line("folder    " + config.folder());
        output.line(
                "server    "
                        + config.url()
                        + ", account "
                        + config.account()
                        + ", device "
                        + config.deviceName());
        output.line("client    " + (running ? "running" : "not running") + ", " + what);
        if (last == null) {
            output.line("never synced; run: holdfast sync run --folder " + config.folder());
            return;
        }
        output.line("last      " + last.message() + ", " + ago(last.atMillis()));
        output.line(
                "entries   "
                        + last.files()
                        + ", both sides equal "
                        + (last.equalAtMillis() == 0 ? "never yet" : ago(last.equalAtMillis())));
        if (last.heldDeletes() > 0) {
            output.line(
                    "held      "
                            + last.heldDeletes()
                            + " deletes wait for `holdfast sync confirm`");
        }
        last.waiting().forEach((path, reason) -> output.line("waiting   " + path + ": " + reason));
    }

    private static String ago(long millis) {
        Duration age = Duration.ofMillis(Math.max(0, System.currentTimeMillis() - millis));
        if (age.toMinutes() < 1) {
            return age.toSeconds() + " s ago";
        }
        if (age.toHours() < 1) {
            return age.toMinutes() + " min ago";
        }
        return age.toDays() < 1 ? age.toHours() + " h ago" : age.toDays() + " days ago";
    }
}
