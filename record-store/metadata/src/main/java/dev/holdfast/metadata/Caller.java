package dev.holdfast.metadata;

import dev.holdfast.model.Sha256;

/**
 * Who asks: the hash of the bearer token of a device. Every operation looks the device up in the
 * transaction that serves it, so a revoked device is out at once.
 */
public record Caller(Sha256 tokenHash) {}
