package dev.holdfast.metadata;

/**
 * How old the oldest change is that some device has not acknowledged; 0 where all have acknowledged
 * all.
 *
 * @param presentMillis of the devices that gave a sign of life lately
 * @param awayMillis of the others that are not revoked
 */
public record FeedLag(long presentMillis, long awayMillis) {}
