package dev.holdfast.sync.engine;

import dev.holdfast.model.wire.ChangesPage;

/**
 * What a request that waited at the server has brought.
 *
 * @param from the cursor at which it waited
 */
public record Heard(String from, ChangesPage page) {}
