package dev.holdfast.model.wire;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What an operation does when the name is taken or its base is not current. */
public enum OnConflict {
    @JsonProperty("reject")
    REJECT,
    /** Create it beside, under a conflict copy's name. */
    @JsonProperty("keep_both")
    KEEP_BOTH
}
