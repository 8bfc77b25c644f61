package dev.holdfast.sync.disk;

import dev.holdfast.sync.tree.Fingerprint;

/**
 * A file that was taken out of the folder and rests for a while, since a program might still write
 * to it.
 *
 * @param id its name in the resting place
 * @param path where it was
 * @param expected what it looked like when it was taken out
 * @param sinceMillis when, in milliseconds since 1970-01-01T00:00:00Z
 */
public record Displaced(String id, String path, Fingerprint expected, long sinceMillis) {}
