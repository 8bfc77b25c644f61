package dev.holdfast.sync.cli;

import dev.holdfast.sync.server.Throttle;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a rate as a person writes it: {@code 500K}, {@code 2.5MiB/s}, {@code off}. */
final class RateArgument {
    static final String OFF = "off";
    private static final Pattern RATE =
            Pattern.compile("([0-9]{1,12}(?:\\.[0-9]{1,3})?)\\s*([kmg]?)(?:i?b)?(?:/s)?");

    private RateArgument() {}

    /** Bytes a second, 0 for {@code off}; K, M and G are powers of 1,024. */
    static long parse(String typed) throws CommandException {
        String text = typed.strip().toLowerCase(Locale.ROOT);
        if (text.equals(OFF)) {
            return 0;
        }
        Matcher matcher = RATE.matcher(text);
        if (!matcher.matches()) {
            throw new CommandException(
                    ExitCode.USAGE,
                    "not a rate: " + typed + "; write bytes a second like 500K or 2M, or off");
        }
        int power = " kmg".indexOf(matcher.group(2).isEmpty() ? " " : matcher.group(2));
        long rate =
                Math.round(Double.parseDouble(matcher.group(1)) * (double) (1L << (10 * power)));
        if (rate < Throttle.BYTES_PER_SECOND_MIN) {
            throw new CommandException(
                    ExitCode.USAGE,
                    "a limit is "
                            + Throttle.BYTES_PER_SECOND_MIN / 1024
                            + "K at least; to stop all transfers use `holdfast sync pause`");
        }
        return rate;
    }

    static String text(long rate) {
        return rate == 0 ? OFF : Output.bytes(rate) + "/s";
    }
}
