package dev.holdfast.model.wire;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What happened to a node; {@link #STATE} says only how it is now. */
public enum ChangeKind {
    @JsonProperty("state")
    STATE,
    @JsonProperty("created")
    CREATED,
    @JsonProperty("updated")
    UPDATED,
    @JsonProperty("moved")
    MOVED,
    @JsonProperty("attributes")
    ATTRIBUTES,
    @JsonProperty("trashed")
    TRASHED,
    @JsonProperty("restored")
    RESTORED,
    @JsonProperty("purged")
    PURGED
}
