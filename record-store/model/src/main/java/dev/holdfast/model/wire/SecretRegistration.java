package dev.holdfast.model.wire;

import dev.holdfast.model.Sha256;

/**
 * Links a device with an account's secret instead of a link code. The same token hash again answers
 * alike.
 *
 * @param tokenHash SHA-256 of the token the device made; the token itself is sent only as a bearer
 */
public record SecretRegistration(
        String account, String secret, Sha256 tokenHash, String name, String platform) {}
