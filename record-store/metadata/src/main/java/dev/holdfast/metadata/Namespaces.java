package dev.holdfast.metadata;

import dev.holdfast.model.Answer;
import dev.holdfast.model.Done;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.wire.MemberList;
import dev.holdfast.model.wire.MemberState;
import dev.holdfast.model.wire.NamespaceCreation;
import dev.holdfast.model.wire.NamespaceList;
import dev.holdfast.model.wire.NamespaceState;
import dev.holdfast.model.wire.RetentionPolicy;
import dev.holdfast.model.wire.RoleName;

/**
 * Namespaces and who may enter them. An account's personal namespace is made with it and is its
 * own; shared ones have members with roles. Each call is one transaction and may be repeated; what
 * it takes away is gone for the next request of whoever had it, and for those under way.
 *
 * <p>To everybody who is no member a namespace does not exist: {@code not-found}.
 */
public interface Namespaces {
    Answer<NamespaceList> list(Caller caller);

    Answer<NamespaceState> get(Caller caller, NamespaceId namespace);

    /**
     * Makes a shared namespace of which the caller's account is the owner. What is stored there
     * counts against the quota of that account.
     *
     * @return {@code id-reused} when the id stands for something else already
     */
    Answer<NamespaceState> create(Caller caller, NamespaceCreation creation);

    /** For owners of a shared namespace. */
    Answer<NamespaceState> rename(Caller caller, NamespaceId namespace, String name);

    /**
     * Removes a shared namespace with everything in it. It does not exist any more when this
     * returns; what it stored is given back by a job. For owners.
     */
    Answer<Done> drop(Caller caller, NamespaceId namespace);

    Answer<MemberList> members(Caller caller, NamespaceId namespace);

    /**
     * Makes an account a member of a shared namespace, or gives it another role. For owners. The
     * last owner keeps its role: {@code conflict}.
     *
     * @param account its name
     */
    Answer<MemberState> putMember(
            Caller caller, NamespaceId namespace, String account, RoleName role);

    /**
     * Ends a membership. For owners, and for everybody to leave. The last owner cannot leave:
     * {@code conflict}. An account that is no member is done with.
     */
    Answer<Done> removeMember(Caller caller, NamespaceId namespace, String account);

    Answer<RetentionPolicy> retention(Caller caller, NamespaceId namespace);

    /** For owners. A policy that keeps less is applied to what is there by a job. */
    Answer<RetentionPolicy> setRetention(
            Caller caller, NamespaceId namespace, RetentionPolicy policy);
}
