package dev.holdfast.metadata;

import dev.holdfast.model.AccountId;
import dev.holdfast.model.NamespaceId;

/**
 * An account as an operator sees it.
 *
 * @param quotaBytes 0 where there is none
 * @param usedBytes plain bytes of all contents its namespace holds, old versions and trash included
 */
public record AccountView(
        AccountId account,
        String name,
        boolean enabled,
        long quotaBytes,
        long usedBytes,
        NamespaceId personal,
        long createdAtMillis) {}
