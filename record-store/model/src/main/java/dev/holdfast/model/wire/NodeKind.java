package dev.holdfast.model.wire;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a node is; a change of kind is a trash and a create. */
public enum NodeKind {
    @JsonProperty("folder")
    FOLDER,
    @JsonProperty("file")
    FILE,
    @JsonProperty("symlink")
    SYMLINK
}
