package dev.holdfast.model;

/** The value of an operation that has nothing to tell but that it was done. */
public enum Done {
    DONE
}
