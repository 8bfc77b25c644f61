package dev.holdfast.metadata;

import dev.holdfast.model.DeviceId;

/**
 * A device as an operator sees it.
 *
 * @param account the account's name
 * @param lastSeenMillis when it last acknowledged a cursor, in milliseconds since 1970; 0 if never
 */
public record DeviceView(
        DeviceId device,
        String account,
        String name,
        String platform,
        boolean revoked,
        long createdAtMillis,
        long lastSeenMillis) {}
