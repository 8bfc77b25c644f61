package dev.holdfast.embeddedfdb;

import dev.holdfast.embeddedfdb.engine.FdbError;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The options of a database: defaults of its transactions, and the limit of watches. */
final class DatabaseSettings {
    /** Location cache, machine and datacenter, configuration database: of no use in one process. */
    private static final Set<Integer> WITHOUT_EFFECT = Set.of(10, 21, 22, 800, 900);

    private static final int WATCHES_DEFAULT = 10_000;
    private static final int WATCHES_ABSOLUTE_MAX = 1_000_000;

    /** One for each option, in the order they were last set. */
    private volatile List<Settings.Setting> transactionDefaults = List.of();

    private volatile int snapshotReadYourWrites = 1;
    private volatile int watchesMax = WATCHES_DEFAULT;

    List<Settings.Setting> transactionDefaults() {
        return transactionDefaults;
    }

    /** Snapshot reads see the transaction's own writes while this is above 0. */
    int snapshotReadYourWrites() {
        return snapshotReadYourWrites;
    }

    int watchesMax() {
        return watchesMax;
    }

    /** Sets an option by its code. */
    synchronized void set(int code, byte @Nullable [] parameter) {
        switch (code) {
            case 20 -> watchesMax = (int) Settings.number(parameter, 0, WATCHES_ABSOLUTE_MAX);
            case 26 -> snapshotReadYourWrites++;
            case 27 -> snapshotReadYourWrites--;
            case 405, 500, 501, 502, 503 -> setDefault(code, parameter);
            case 504 -> setDefault(20, parameter);
            case 505 -> setDefault(23, parameter);
            case 700 -> setDefault(1100, parameter);
            default -> {
                if (!WITHOUT_EFFECT.contains(code)) {
                    throw FdbError.INVALID_OPTION.exception("option " + code);
                }
            }
        }
    }

    private void setDefault(int code, byte @Nullable [] parameter) {
        if (parameter != null) {
            Settings.number(parameter, -1, Integer.MAX_VALUE);
        }
        List<Settings.Setting> changed = new ArrayList<>(transactionDefaults);
        changed.removeIf(setting -> setting.code == code);
        changed.add(
                new Settings.Setting(code, parameter == null ? new byte[0] : parameter.clone()));
        transactionDefaults = List.copyOf(changed);
    }
}
