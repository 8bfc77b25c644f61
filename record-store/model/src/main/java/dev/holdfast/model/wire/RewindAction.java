package dev.holdfast.model.wire;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a rewind does to a node. */
public enum RewindAction {
    /** Takes it out of the trash. */
    @JsonProperty("restore")
    RESTORE,
    /** Gives it its place and name back. */
    @JsonProperty("move")
    MOVE,
    /** Makes an old version the current one again. */
    @JsonProperty("content")
    CONTENT,
    @JsonProperty("attributes")
    ATTRIBUTES,
    /** Puts it into the trash: it was not there then. */
    @JsonProperty("trash")
    TRASH,
    /** Nothing: it was purged since, or its content is no longer kept. */
    @JsonProperty("lost")
    LOST
}
