package dev.holdfast.metadata;

/** What T2 made of one record of a group. */
public enum Placement {
    /** The chunk is at this location now. */
    PLACED,
    /** The chunk was there already, elsewhere; its reference is written. */
    ALREADY_STORED,
    /** The content does not exist, is not open any more, or does not name this chunk. */
    CONTENT_NOT_OPEN
}
