package dev.holdfast.metadata;

import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/**
 * What the metadata takes from outside.
 *
 * @param clock wall clock; it expires and labels, it never orders
 * @param random source of ids and codes; must not be predictable
 * @param embedded true where this process owns the whole data directory: opening then begins an
 *     epoch, by which cursors of a directory restored from a copy are noticed
 * @param linkCodeLifetime how long a link code can be spent
 * @param uploadLease how long an upload lives unused
 * @param changeRetention how long the feed goes back; older cursors answer {@code cursor-reset}
 */
public record MetadataConfig(
        InstantSource clock,
        RandomGenerator random,
        boolean embedded,
        Duration linkCodeLifetime,
        Duration uploadLease,
        Duration changeRetention) {
    public MetadataConfig {
        if (linkCodeLifetime.isNegative() || linkCodeLifetime.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("a link code lives at most a day");
        }
        if (uploadLease.compareTo(Duration.ofMinutes(1)) < 0) {
            throw new IllegalArgumentException("an upload's lease lasts at least a minute");
        }
        if (changeRetention.compareTo(Duration.ofMinutes(1)) < 0) {
            throw new IllegalArgumentException("the feed keeps at least a minute");
        }
    }

    /**
     * The system's clock and randomness, 15 minutes for a code, 7 days for a lease, 30 for changes.
     */
    public static MetadataConfig defaults(boolean embedded) {
        return new MetadataConfig(
                InstantSource.system(),
                new SecureRandom(),
                embedded,
                Duration.ofMinutes(15),
                Duration.ofDays(7),
                Duration.ofDays(30));
    }
}
