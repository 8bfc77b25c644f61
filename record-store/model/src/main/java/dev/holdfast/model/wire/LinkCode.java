package dev.holdfast.model.wire;

/**
 * A one-time code that links one device.
 *
 * @param account the account's name
 * @param expiresAtMillis milliseconds since 1970-01-01T00:00:00Z
 */
public record LinkCode(String account, String code, long expiresAtMillis) {}
