package dev.holdfast.blockgc;

/**
 * One thing a run did that cannot be undone, or that frees space, kept with its job.
 *
 * @param did {@code expired}, {@code rewritten}, {@code trashed} or {@code deleted}
 * @param subject the thing, by kind and id
 * @param bytes of it
 */
record Trace(String did, String subject, long bytes, String why, long atMillis) {}
