package dev.holdfast.metadata;

/** The life of a pack, in this order and never back. */
public enum PackStage {
    OPEN,
    SEALED,
    /** No chunk lies in it; readers that looked one up before may still be reading. */
    TRASHED,
    /** Its file is being deleted, or is gone. */
    DELETING
}
