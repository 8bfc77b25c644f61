package dev.holdfast.model.wire;

/**
 * What a namespace keeps of what is not current. The current content of a file is always kept.
 *
 * @param versionDays old versions superseded longer ago are dropped; 0 keeps them
 * @param versionCount old versions kept per file, the newest; 0 for no bound
 * @param dailyAfterDays of versions superseded longer ago only the last of each day is kept; 0
 *     keeps all
 * @param trashDays trash older than this is purged; 0 keeps it
 */
public record RetentionPolicy(
        int versionDays, int versionCount, int dailyAfterDays, int trashDays) {}
