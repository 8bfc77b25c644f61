package dev.holdfast.metadata;

import dev.holdfast.model.Sha256;

/**
 * A chunk the collection has to look at.
 *
 * @param sinceMillis when its last reference went, or its grace began
 * @param generation of the chunk when the grace began; 0 before
 * @param storedBytes of its payload; 0 before the grace
 */
public record GarbageCandidate(
        Sha256 hash, int shard, long sinceMillis, long generation, long storedBytes) {}
