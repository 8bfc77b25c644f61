package dev.holdfast.model.wire;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a member may do in a namespace; each may do what the one before may. */
public enum RoleName {
    /** Reads. */
    @JsonProperty("viewer")
    VIEWER,
    /** Changes the tree. */
    @JsonProperty("editor")
    EDITOR,
    /** Invites and removes members, renames and drops the namespace, sets its retention. */
    @JsonProperty("owner")
    OWNER
}
