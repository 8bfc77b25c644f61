package dev.holdfast.metadata;

import dev.holdfast.metadata.schema.MetadataRecords.Retention;
import dev.holdfast.model.wire.RetentionPolicy;

/** Policies as records hold them and as people set them. */
final class Retentions {
    /** Of a new namespace: versions for 90 days, one a day after 30, trash for 30. */
    static final Retention DEFAULT =
            Retention.newBuilder()
                    .setVersionDays(90)
                    .setDailyAfterDays(30)
                    .setTrashDays(30)
                    .build();

    private Retentions() {}

    static RetentionPolicy policy(Retention retention) {
        return new RetentionPolicy(
                retention.getVersionDays(),
                retention.getVersionCount(),
                retention.getDailyAfterDays(),
                retention.getTrashDays());
    }

    /** A number that is 0 is left out, as in the default: equal policies are equal records. */
    static Retention of(RetentionPolicy policy) {
        Retention.Builder retention = Retention.newBuilder();
        if (policy.versionDays() > 0) {
            retention.setVersionDays(policy.versionDays());
        }
        if (policy.versionCount() > 0) {
            retention.setVersionCount(policy.versionCount());
        }
        if (policy.dailyAfterDays() > 0) {
            retention.setDailyAfterDays(policy.dailyAfterDays());
        }
        if (policy.trashDays() > 0) {
            retention.setTrashDays(policy.trashDays());
        }
        return retention.build();
    }
}
