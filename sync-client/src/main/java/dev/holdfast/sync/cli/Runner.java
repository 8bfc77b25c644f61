package dev.holdfast.sync.cli;

import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.sync.disk.DiskEntry;
import dev.holdfast.sync.disk.FolderMissingException;
import dev.holdfast.sync.engine.Engine;
import dev.holdfast.sync.engine.OtherServerException;
import dev.holdfast.sync.engine.Progress;
import dev.holdfast.sync.engine.Report;
import dev.holdfast.sync.server.BusyException;
import dev.holdfast.sync.server.PausedException;
import dev.holdfast.sync.server.RefusedException;
import dev.holdfast.sync.tree.Fingerprint;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The control thread's loop: when the engine has its turn, and what is said about it. */
final class Runner {
    static final String PAUSED = "paused";

    private static final long RESCAN_MILLIS = 600_000;
    private static final long RESCAN_LIMITED_MILLIS = 10_000;
    private static final long TICK_MILLIS = 1_000;
    private static final long HELD_MILLIS = 5_000;
    private static final long QUIET_MILLIS = 25;
    private static final long QUIET_MILLIS_MAX = 250;
    private static final int WAITING_SHOWN_MAX = 200;

    private final Session session;
    private final Engine engine;
    private final Path state;
    private final Output output;
    private final Backoff backoff = new Backoff(new SecureRandom());
    private final Object monitor = new Object();
    private boolean woken;
    private boolean stopped;
    private boolean started;
    private long equalAtMillis;
    private @Nullable Report lastReport;
    private String lastSaid = "";

    Runner(Session session, Path state, Output output) {
        this.session = session;
        this.engine = session.engine();
        this.state = state;
        this.output = output;
    }

    void stop() {
        synchronized (monitor) {
            stopped = true;
            monitor.notifyAll();
        }
    }

    private void wake() {
        synchronized (monitor) {
            woken = true;
            monitor.notifyAll();
        }
    }

    private boolean stopped() {
        synchronized (monitor) {
            return stopped;
        }
    }

    /** Waits until woken, stopped or the time is over; true when woken. */
    private boolean await(long millis) {
        synchronized (monitor) {
            long until = System.nanoTime() + millis * 1_000_000;
            long left = until - System.nanoTime();
            try {
                while (!woken && !stopped && left > 0) {
                    monitor.wait(left / 1_000_000 + 1);
                    left = until - System.nanoTime();
                }
            } catch (InterruptedException e) {
                stopped = true;
            }
            boolean was = woken;
            woken = false;
            return was;
        }
    }

    int once() throws IOException {
        Outage outage = new Outage(System::nanoTime);
        try (ProgressLine _ = new ProgressLine(session.progress())) {
            while (!stopped()) {
                if (paused()) {
                    continue;
                }
                try {
                    Report report = cycleOnce();
                    outage.over();
                    if (report.equal() && !report.changed()) {
                        return ended(report);
                    }
                } catch (PausedException e) {
                    // The turn was broken off, and is taken again once it is resumed.
                    session.progress().doing(PAUSED, 0);
                } catch (IOException e) {
                    Progress.Snapshot now = session.progress().snapshot();
                    if (fatal(e) || outage.failed(now.bytesUp() + now.bytesDown())) {
                        save("stopped", HoldfastSync.message(e));
                        throw e;
                    }
                    offline(e);
                }
            }
        }
        save("stopped", "interrupted");
        return ExitCode.INTERRUPTED;
    }

    /** True after a moment's wait while it is paused. */
    private boolean paused() throws IOException {
        if (!Files.exists(state.resolve(PAUSED))) {
            return false;
        }
        save("paused", "paused; `holdfast sync resume` goes on");
        await(TICK_MILLIS);
        return true;
    }

    private Report cycleOnce() throws IOException {
        ensureStarted();
        Report report = engine.cycleAll();
        backoff.succeeded();
        remember(report);
        if (report.equal() && report.waiting().isEmpty()) {
            engine.idle();
        }
        return report;
    }

    private void ensureStarted() throws IOException {
        if (!started) {
            engine.start();
            started = true;
        }
    }

    private int ended(Report report) throws IOException {
        report.waiting()
                .forEach((path, reason) -> Output.say("not in step: " + path + ": " + reason));
        if (report.heldDeletes() > 0) {
            Output.say(heldText(report));
        }
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("equal", report.clean());
        answer.put("waiting", report.waiting());
        answer.put("held_deletes", report.heldDeletes());
        answer.put("progress", session.progress().snapshot());
        if (output.json()) {
            output.print(answer);
        } else if (report.clean()) {
            Output.say(ProgressLine.text(session.progress().snapshot()));
        }
        return report.clean() ? ExitCode.OK : ExitCode.PROBLEMS_REMAIN;
    }

    private static String heldText(Report report) {
        return report.heldDeletes()
                + " files would be deleted, which is unusual; nothing was deleted. If that is"
                + " right, run `holdfast sync confirm`, or run with --max-delete N|off";
    }

    int forever() throws IOException {
        Path folder = Path.of(session.config().folder());
        Set<NodeId> changed = new HashSet<>();
        boolean all = true;
        long nextScan = monotonicMillis();
        try (FolderWatcher watcher = new FolderWatcher(folder, this::stands, this::wake);
                FeedWatcher feed =
                        new FeedWatcher(
                                session.server(),
                                session.config().namespace(),
                                engine.lostChunks(),
                                this::wake);
                ProgressLine _ = new ProgressLine(session.progress())) {
            Output.say("syncing " + folder + " with " + session.config().url());
            while (!stopped()) {
                if (paused()) {
                    continue;
                }
                try {
                    ensureStarted();
                    all |= watcher.takeOverflow() || monotonicMillis() >= nextScan;
                    Report report =
                            engine.cycle(
                                    all ? null : Set.copyOf(changed),
                                    () -> between(watcher, changed));
                    if (all) {
                        nextScan = monotonicMillis() + rescanMillis(watcher);
                    }
                    all = false;
                    changed.clear();
                    engine.notFound(watcher.watch(engine.takeFoldersSeen()));
                    feed.readTo(engine.cursor());
                    backoff.succeeded();
                    remember(report);
                    engine.idle();
                    all = waitForWork(watcher, feed, changed, report, nextScan);
                } catch (PausedException e) {
                    changed.addAll(watcher.takeChanged());
                } catch (IOException e) {
                    if (fatal(e)) {
                        save("stopped", HoldfastSync.message(e));
                        throw e;
                    }
                    offline(e);
                    changed.addAll(watcher.takeChanged());
                }
            }
        }
        save("stopped", "stopped");
        return ExitCode.INTERRUPTED;
    }

    /** Of a clock that nobody sets: a rescan must not wait for a year that is lived twice. */
    private static long monotonicMillis() {
        return System.nanoTime() / 1_000_000;
    }

    private static long rescanMillis(FolderWatcher watcher) {
        return watcher.limited() ? RESCAN_LIMITED_MILLIS : RESCAN_MILLIS;
    }

    private boolean stands(String path, Fingerprint print) throws IOException {
        DiskEntry entry = path.isEmpty() ? null : session.disk().look(path);
        return path.isEmpty()
                || print.inode() == 0
                || (entry != null && entry.print().inode() == print.inode());
    }

    /** What is taken in the middle of a cycle counts until that cycle has come to its end. */
    private Set<NodeId> between(FolderWatcher watcher, Set<NodeId> changed) {
        engine.notFound(watcher.watch(engine.takeFoldersSeen()));
        Set<NodeId> fresh = watcher.takeChanged();
        changed.addAll(fresh);
        return fresh;
    }

    /** Waits for something to do; true when everything has to be scanned. */
    private boolean waitForWork(
            FolderWatcher watcher,
            FeedWatcher feed,
            Set<NodeId> changed,
            Report report,
            long nextScan) {
        long now = monotonicMillis();
        long wait = Math.min(RESCAN_MILLIS, engine.nextAttemptInMillis());
        long until = Math.min(nextScan, now + wait);
        if (report.heldDeletes() > 0) {
            until = Math.min(until, now + HELD_MILLIS);
        }
        while (!stopped()) {
            boolean found = await(Math.min(TICK_MILLIS, Math.max(1, until - now)));
            Set<NodeId> fresh = watcher.takeChanged();
            changed.addAll(fresh);
            if (!fresh.isEmpty()) {
                settle(watcher, changed);
                return watcher.takeOverflow();
            }
            if (watcher.takeOverflow()) {
                return true;
            }
            now = monotonicMillis();
            if ((found && feed.takeNews(engine.cursor()))
                    || now >= until
                    || Files.exists(state.resolve(PAUSED))) {
                return now >= nextScan;
            }
        }
        return false;
    }

    /** Changes come in bursts: waits until the folder is quiet for a moment, or for long enough. */
    private void settle(FolderWatcher watcher, Set<NodeId> changed) {
        long end = System.nanoTime() + QUIET_MILLIS_MAX * 1_000_000;
        boolean more = true;
        while (more && System.nanoTime() < end && !stopped()) {
            await(QUIET_MILLIS);
            Set<NodeId> fresh = watcher.takeChanged();
            changed.addAll(fresh);
            more = !fresh.isEmpty();
        }
    }

    private boolean fatal(IOException e) {
        return switch (e) {
            case FolderMissingException _, OtherServerException _ -> true;
            case RefusedException refused ->
                    refused.code() == ProblemCode.NOT_SIGNED_IN
                            || refused.code() == ProblemCode.FORBIDDEN;
            default -> false;
        };
    }

    private void offline(IOException e) throws IOException {
        long asked = e instanceof BusyException busy ? busy.retryAfterMillis() : 0;
        long pause = backoff.failed(asked);
        boolean disk = e instanceof FileSystemException;
        session.progress().doing(disk ? "waiting for the disk" : "waiting for the server", 0);
        save(
                disk ? "waiting" : "offline",
                HoldfastSync.message(e) + "; tried again in " + pause + " ms");
        long until = System.nanoTime() + pause * 1_000_000;
        while (!stopped() && System.nanoTime() < until) {
            await(Math.max(1, (until - System.nanoTime()) / 1_000_000));
        }
    }

    private void remember(Report report) throws IOException {
        long now = System.currentTimeMillis();
        if (report.clean()) {
            equalAtMillis = now;
        }
        boolean same = report.equals(lastReport) && !report.changed();
        lastReport = report;
        if (!same) {
            if (report.heldDeletes() > 0) {
                Output.say(heldText(report));
            }
            save(
                    report.clean() ? "up-to-date" : "waiting",
                    report.clean() ? "up to date" : "some files are not in step");
        }
    }

    private void save(String what, String message) throws IOException {
        Report report = lastReport;
        if (!(what + message).equals(lastSaid)) {
            lastSaid = what + message;
            session.log().write(what, message);
        }
        Map<String, String> shown = new LinkedHashMap<>();
        if (report != null) {
            for (Map.Entry<String, String> one : report.waiting().entrySet()) {
                if (shown.size() < WAITING_SHOWN_MAX) {
                    shown.put(one.getKey(), one.getValue());
                }
            }
        }
        new StatusFile(
                        what,
                        message,
                        System.currentTimeMillis(),
                        equalAtMillis,
                        engine.trees().local().size() - 1,
                        engine.trees().unsettledCount(),
                        report == null ? 0 : report.heldDeletes(),
                        shown)
                .save(state);
    }
}
