package dev.holdfast.model.wire;

import dev.holdfast.model.AccountId;

/**
 * A member of a namespace.
 *
 * @param name of the account
 * @param sinceMillis when it was made a member; 0 where that is not known
 */
public record MemberState(AccountId account, String name, RoleName role, long sinceMillis) {}
