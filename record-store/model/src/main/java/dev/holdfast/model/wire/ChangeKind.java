package dev.holdfast.model.wire;

import com.fasterxml.jackson.annotation.JsonEnumDefaultValue;
import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What happened to a node; {@link #STATE} says only how it is now. What a later version calls
 * otherwise is read as that: an entry has the node as it is after the change.
 */
public enum ChangeKind {
    @JsonEnumDefaultValue
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
