package dev.holdfast.embeddedfdb;

import dev.holdfast.embeddedfdb.engine.FdbError;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The options of a transaction. Those that outlive a retry (time limit, retry limit, longest delay)
 * are kept aside and set again; the rest go back to the database's defaults.
 */
final class Settings {
    private static final int CAUSAL_READ_RISKY = 20;
    private static final Set<Integer> PERSISTENT = Set.of(500, 501, 502);

    /**
     * Options without a parameter that have nothing to act on in one process (places, tracing,
     * throttling, durability of a cluster), and so are accepted and do nothing.
     */
    private static final Set<Integer> WITHOUT_EFFECT =
            Set.of(
                    CAUSAL_READ_RISKY,
                    23,
                    40,
                    50,
                    52,
                    200,
                    201,
                    303,
                    400,
                    406,
                    700,
                    702,
                    710,
                    711,
                    1000,
                    1101,
                    1102);

    /** The same, with any parameter. */
    private static final Set<Integer> WITHOUT_EFFECT_OR_RULE =
            Set.of(21, 110, 120, 130, 401, 800, 801);

    private static final Set<Integer> FLAGS =
            Set.of(10, 30, 51, 300, 301, 302, 404, 600, 601, 701, 712, 713, 714, 1100);

    private static final int IDENTIFIER_BYTES_MAX = 100;
    private static final int SPAN_BYTES = 16;

    /** An option as it was set. */
    static final class Setting {
        final int code;
        final byte[] parameter;

        Setting(int code, byte[] parameter) {
            this.code = code;
            this.parameter = parameter;
        }
    }

    private final List<Setting> persistent = new ArrayList<>();
    boolean readYourWritesDisabled;
    boolean nextWriteWithoutConflict;
    boolean readSystemKeys;
    boolean writeSystemKeys;
    boolean reportConflictingKeys;
    boolean specialKeysRelaxed;
    boolean specialKeyWrites;
    boolean causalWriteRisky;
    boolean bypassUnreadable;
    private boolean identified;
    boolean usedDuringCommitAllowed;
    int snapshotReadYourWrites;
    long timeoutMillis;
    long retryLimit;
    long maxRetryDelayMillis;
    long sizeLimitBytes;

    Settings(DatabaseSettings defaults) {
        reset(defaults);
        persistent.addAll(defaults.transactionDefaults());
        persistent.forEach(setting -> apply(setting.code, setting.parameter));
    }

    /** Back to the defaults, but for the options that survive a retry. */
    void resetForRetry(DatabaseSettings defaults) {
        reset(defaults);
        persistent.forEach(setting -> apply(setting.code, setting.parameter));
    }

    private void reset(DatabaseSettings defaults) {
        readYourWritesDisabled = false;
        nextWriteWithoutConflict = false;
        readSystemKeys = false;
        writeSystemKeys = false;
        reportConflictingKeys = false;
        specialKeysRelaxed = false;
        specialKeyWrites = false;
        causalWriteRisky = false;
        bypassUnreadable = false;
        identified = false;
        // The binding sets this on every transaction it makes or hands over.
        usedDuringCommitAllowed = true;
        snapshotReadYourWrites = defaults.snapshotReadYourWrites();
        timeoutMillis = 0;
        retryLimit = -1;
        maxRetryDelayMillis = 1_000;
        sizeLimitBytes = 10_000_000;
    }

    /**
     * Sets an option by its code.
     *
     * @throws dev.holdfast.embeddedfdb.engine.EmbeddedFdbException 2006 or 2007
     */
    void set(int code, byte @Nullable [] parameter) {
        apply(code, parameter);
        if (parameter != null && PERSISTENT.contains(code)) {
            persistent.removeIf(setting -> setting.code == code);
            persistent.add(new Setting(code, parameter.clone()));
        }
    }

    private void apply(int code, byte @Nullable [] parameter) {
        switch (code) {
            case 402, 403 -> identify(parameter);
            case 405 -> {
                if (number(parameter, -1, Integer.MAX_VALUE) == 0) {
                    throw FdbError.INVALID_OPTION_VALUE.exception();
                }
            }
            case 500 -> timeoutMillis = number(parameter, 0, Integer.MAX_VALUE);
            case 501 -> retryLimit = number(parameter, -1, Integer.MAX_VALUE);
            case 502 -> maxRetryDelayMillis = number(parameter, 0, Integer.MAX_VALUE);
            case 503 -> sizeLimitBytes = number(parameter, 32, 10_000_000);
            case 900 -> {
                if (parameter == null || parameter.length != SPAN_BYTES) {
                    throw FdbError.INVALID_OPTION_VALUE.exception();
                }
            }
            default -> {
                if (!WITHOUT_EFFECT_OR_RULE.contains(code)) {
                    flag(code, parameter != null && parameter.length > 0);
                }
            }
        }
    }

    /** A name for logging, which has no log to go to here but must be a good one. */
    private void identify(byte @Nullable [] name) {
        if (name == null || name.length == 0 || name.length > IDENTIFIER_BYTES_MAX) {
            throw FdbError.INVALID_OPTION_VALUE.exception();
        }
        identified = true;
    }

    /** An option that takes no parameter. */
    private void flag(int code, boolean parameterGiven) {
        if (parameterGiven && isFlag(code)) {
            throw FdbError.INVALID_OPTION_VALUE.exception();
        }
        switch (code) {
            case 10 -> causalWriteRisky = true;
            case 30 -> nextWriteWithoutConflict = true;
            case 51 -> readYourWritesDisabled = true;
            case 300 -> throw FdbError.CLIENT_INVALID_OPERATION.exception("the database exists");
            case 301 -> {
                readSystemKeys = true;
                writeSystemKeys = true;
            }
            case 302 -> readSystemKeys = true;
            case 404 -> {
                if (!identified) {
                    throw FdbError.CLIENT_INVALID_OPERATION.exception();
                }
            }
            case 600 -> snapshotReadYourWrites++;
            case 601 -> snapshotReadYourWrites--;
            case 701 -> usedDuringCommitAllowed = true;
            case 712 -> reportConflictingKeys = true;
            case 713 -> specialKeysRelaxed = true;
            case 714 -> specialKeyWrites = true;
            case 1100 -> bypassUnreadable = true;
            default -> {
                if (!WITHOUT_EFFECT.contains(code)) {
                    throw FdbError.INVALID_OPTION.exception("option " + code);
                }
            }
        }
    }

    private static boolean isFlag(int code) {
        return WITHOUT_EFFECT.contains(code) || FLAGS.contains(code);
    }

    static long number(byte @Nullable [] parameter, long min, long max) {
        if (parameter == null || parameter.length != Long.BYTES) {
            throw FdbError.INVALID_OPTION_VALUE.exception();
        }
        long value = ByteBuffer.wrap(parameter).order(ByteOrder.LITTLE_ENDIAN).getLong();
        if (value < min || value > max) {
            throw FdbError.INVALID_OPTION_VALUE.exception();
        }
        return value;
    }
}
