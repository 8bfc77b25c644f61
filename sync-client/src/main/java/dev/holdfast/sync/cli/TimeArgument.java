package dev.holdfast.sync.cli;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the time a person names: a moment, a moment in the local zone, a day, or how long ago. */
final class TimeArgument {
    private static final Pattern AGO = Pattern.compile("([0-9]{1,9})(s|m|h|d)");
    private static final Pattern DAY = Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}");
    private static final Pattern ZONED = Pattern.compile(".*([zZ]|[+-][0-9]{2}:?[0-9]{2})");

    private TimeArgument() {}

    static Instant parse(String typed, Instant now, ZoneId zone) throws CommandException {
        String text = typed.strip();
        try {
            Matcher ago = AGO.matcher(text);
            if (ago.matches()) {
                return now.minus(length(Long.parseLong(ago.group(1)), ago.group(2)));
            }
            if (DAY.matcher(text).matches()) {
                return LocalDate.parse(text).atStartOfDay(zone).toInstant();
            }
            String moment = text.replace(' ', 'T');
            return ZONED.matcher(moment).matches() && moment.indexOf('T') > 0
                    ? OffsetDateTime.parse(moment).toInstant()
                    : LocalDateTime.parse(moment).atZone(zone).toInstant();
        } catch (DateTimeException e) {
            throw unreadable(typed);
        }
    }

    private static Duration length(long count, String unit) {
        return switch (unit) {
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            case "h" -> Duration.ofHours(count);
            default -> Duration.ofDays(count);
        };
    }

    private static CommandException unreadable(String typed) {
        return new CommandException(
                ExitCode.USAGE,
                "not a time: "
                        + typed
                        + "; write it like 2026-01-31T18:00:00Z, 2026-01-31T18:00, 2026-01-31 or"
                        + " 12h (so long ago)");
    }
}
