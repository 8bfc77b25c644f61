package dev.holdfast.metadata;

import java.util.OptionalLong;

/**
 * What one rule keeps, or gives up, over all namespaces whose policy has the same number.
 *
 * @param rule why
 * @param number the days of the rule, or its count of versions; 0 where it has none
 * @param due whether the next run of the retention ends it
 * @param items files in the trash, old versions, or contents that are being uploaded
 * @param bytes plain bytes of these; nothing yet of an upload whose list of chunks is not complete.
 *     What another file has, too, is counted all the same: that much comes back at most
 * @param leavesAtMillis when the first of them leaves by itself; empty when none does
 */
public record PolicyHold(
        Rule rule, int number, boolean due, long items, long bytes, OptionalLong leavesAtMillis) {
    /** What a rule applies to. */
    public enum Kind {
        TRASH,
        OLD_VERSIONS,
        UPLOADS
    }

    /** Why something is kept, or goes. */
    public enum Rule {
        /** The trash is kept for days. */
        TRASH_DAYS(Kind.TRASH),
        /** The trash is kept until somebody empties it. */
        TRASH_FOREVER(Kind.TRASH),
        /** Old versions are kept for days. */
        VERSION_DAYS(Kind.OLD_VERSIONS),
        /** The newest old versions of each file are kept, and for no number of days. */
        VERSION_COUNT(Kind.OLD_VERSIONS),
        /** The last version of each day is kept of what was superseded these days ago. */
        VERSION_DAILY(Kind.OLD_VERSIONS),
        /** Old versions are kept until their file goes. */
        VERSION_FOREVER(Kind.OLD_VERSIONS),
        /** Trash and old versions go, whatever the policy: somebody asked what that would do. */
        TRASH_ORDERED(Kind.TRASH),
        /** The same of old versions. */
        VERSION_ORDERED(Kind.OLD_VERSIONS),
        /** What an upload has declared and no file names yet lives until the lease runs out. */
        UPLOAD_LEASE(Kind.UPLOADS);

        private final Kind kind;

        Rule(Kind kind) {
            this.kind = kind;
        }

        public Kind kind() {
            return kind;
        }
    }
}
