package dev.holdfast.sync.engine;

import dev.holdfast.sync.plan.Action;
import dev.holdfast.sync.plan.Plan;
import dev.holdfast.sync.store.StateStore;
import dev.holdfast.sync.tree.TreeChanges;
import dev.holdfast.sync.tree.Trees;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Stops before an unusual number of files is deleted, on either side, within an hour: more than 500
 * and more than half of them, unless another limit was asked for. Whoever meant it confirms it, and
 * what was confirmed on one device is not asked about on the others.
 */
final class Brake {
    static final String CONFIRMED = "deletes_confirmed";
    private static final String RECENT = "deletes_recent";
    private static final String GRANTED = "deletes_granted";
    private static final String ELSEWHERE = "deletes_confirmed_elsewhere";
    private static final int FILES_MIN = 500;
    private static final long WINDOW_MILLIS = 3_600_000;

    private record Deletes(long atMillis, int files) {}

    private final StateStore store;
    private final Trees trees;
    private final InstantSource clock;
    private final @Nullable Integer limit;
    private final Deque<Deletes> recent = new ArrayDeque<>();

    /** What was confirmed and is not carried out yet: an interruption must not ask again. */
    private int granted;

    /** What was confirmed on another device and is not carried out yet. */
    private int elsewhere;

    /**
     * A brake.
     *
     * @param limit files an hour; null for the usual limit, {@link Integer#MAX_VALUE} for none
     */
    Brake(StateStore store, Trees trees, InstantSource clock, @Nullable Integer limit) {
        this.store = store;
        this.trees = trees;
        this.clock = clock;
        this.limit = limit;
        this.granted = number(store.setting(GRANTED));
        this.elsewhere = number(store.setting(ELSEWHERE));
        String saved = store.setting(RECENT);
        if (saved != null && !saved.isEmpty()) {
            for (String one : saved.split(",", -1)) {
                String[] parts = one.split(":", -1);
                recent.add(new Deletes(Long.parseLong(parts[0]), Integer.parseInt(parts[1])));
            }
        }
    }

    private static int number(@Nullable String saved) {
        return saved == null ? 0 : Integer.parseInt(saved);
    }

    /** So many files more will be deleted here because somebody confirmed it on another device. */
    void confirmedElsewhere(int files) {
        elsewhere += files;
    }

    /** What a restart must know of that; belongs into one write with what the feed told. */
    Map<String, Optional<String>> settings() {
        return Map.of(GRANTED, saved(granted), ELSEWHERE, saved(elsewhere));
    }

    private static Optional<String> saved(int files) {
        return files == 0 ? Optional.empty() : Optional.of(Integer.toString(files));
    }

    /** Whether what is being deleted now was confirmed here. */
    boolean confirmedHere() {
        return granted > 0;
    }

    /** The plan without its deletes, when there would be too many of them; else the plan. */
    Plan hold(Plan plan) {
        int planned = files(plan);
        if (planned == 0) {
            if (granted > 0 || elsewhere > 0) {
                granted = 0;
                elsewhere = 0;
                save(false);
            }
            return plan;
        }
        int unasked = planned - Math.min(planned, elsewhere);
        long since = clock.millis() - WINDOW_MILLIS;
        recent.removeIf(one -> one.atMillis < since || one.atMillis > clock.millis());
        int before = recent.stream().mapToInt(Deletes::files).sum();
        if (unasked <= granted || before + unasked <= allowed(before)) {
            return plan;
        }
        if (store.setting(CONFIRMED) == null) {
            return without(plan);
        }
        recent.clear();
        granted = unasked;
        save(true);
        return plan;
    }

    /** So many files were deleted; what was confirmed does not count again. */
    void count(int deleted) {
        int others = Math.min(elsewhere, deleted);
        elsewhere -= others;
        int confirmed = Math.min(granted, deleted - others);
        granted -= confirmed;
        if (deleted > others + confirmed) {
            recent.add(new Deletes(clock.millis(), deleted - others - confirmed));
        }
        if (deleted > 0) {
            save(false);
        }
    }

    private int allowed(int before) {
        if (limit != null) {
            return limit;
        }
        return Math.max(FILES_MIN, (trees.synced().size() + before) / 2);
    }

    private void save(boolean used) {
        StringBuilder text = new StringBuilder();
        for (Deletes one : recent) {
            text.append(text.isEmpty() ? "" : ",");
            text.append(one.atMillis).append(':').append(one.files);
        }
        Map<String, Optional<String>> settings = new HashMap<>(settings());
        settings.put(RECENT, Optional.of(text.toString()));
        if (used) {
            settings.put(CONFIRMED, Optional.empty());
        }
        store.write(new TreeChanges(), settings);
    }

    static int files(Plan plan) {
        int files = 0;
        for (Action.RemoteStep step : plan.remoteSteps()) {
            files += step instanceof Action.Trash trash ? trash.files() : 0;
        }
        for (Action.LocalStep step : plan.localSteps()) {
            files += step instanceof Action.RemoveFile ? 1 : 0;
        }
        return files;
    }

    private static Plan without(Plan plan) {
        List<Action.RemoteStep> remote =
                plan.remoteSteps().stream()
                        .filter(step -> !(step instanceof Action.Trash))
                        .toList();
        List<Action.LocalStep> local =
                plan.localSteps().stream()
                        .filter(step ->
                                !(step instanceof Action.RemoveFile)
                                        && !(step instanceof Action.RemoveFolder))
                        .toList();
        return new Plan(
                plan.treeSteps(),
                plan.hashes(),
                remote,
                plan.uploads(),
                local,
                plan.downloads(),
                plan.held());
    }
}
