package dev.holdfast.metadata;

import dev.holdfast.metadata.schema.MetadataRecords.Retention;
import dev.holdfast.metadata.schema.MetadataRecords.Version;
import java.time.Duration;

/**
 * Which old versions a policy keeps. Each rule looks at one version alone:
 *
 * <ul>
 *   <li>a version superseded too long ago goes;
 *   <li>content revisions of a node count without gaps, so the version that lies {@code
 *       version_count} below the newest old one is one too many;
 *   <li>a version that was made and superseded on the same day (UTC) was not the last of its day.
 * </ul>
 */
record VersionRules(Retention retention, long nowMillis) {
    private static final long DAY_MILLIS = Duration.ofDays(1).toMillis();

    /** Whether the version goes, of a node with this current content revision. */
    boolean drops(Version version, long currentRev) {
        return isOld(version)
                || isBeyondCount(version.getContentRev(), currentRev)
                || isThinned(version);
    }

    private boolean isOld(Version version) {
        return retention.getVersionDays() > 0
                && version.getSupersededAtMillis() <= daysAgo(retention.getVersionDays());
    }

    private boolean isBeyondCount(long rev, long currentRev) {
        return retention.getVersionCount() > 0 && rev < currentRev - retention.getVersionCount();
    }

    private boolean isThinned(Version version) {
        return retention.getDailyAfterDays() > 0
                && version.getSupersededAtMillis() <= daysAgo(retention.getDailyAfterDays())
                && isWithinADay(version);
    }

    static boolean isWithinADay(Version version) {
        return Math.floorDiv(version.getCreatedAtMillis(), DAY_MILLIS)
                == Math.floorDiv(version.getSupersededAtMillis(), DAY_MILLIS);
    }

    private long daysAgo(int days) {
        return nowMillis - Duration.ofDays(days).toMillis();
    }
}
