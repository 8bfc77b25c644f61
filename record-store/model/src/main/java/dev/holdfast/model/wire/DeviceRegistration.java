package dev.holdfast.model.wire;

import dev.holdfast.model.Sha256;

/**
 * Body of {@code POST /v1/devices}. The same code and token hash again answer alike.
 *
 * @param code a one-time link code
 * @param tokenHash SHA-256 of the token the device made; the token itself is sent only as a bearer
 */
public record DeviceRegistration(String code, Sha256 tokenHash, String name, String platform) {}
