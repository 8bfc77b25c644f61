package dev.holdfast.sync.plan;

import dev.holdfast.model.NodeId;

/** What of the tree this device takes part in, and how it names what it has to rename. */
public interface Scope {
    /** True when the path, or a folder above it, is left alone on this device. */
    boolean ignored(String path, boolean folder);

    /** True when nothing is ever ignored, so that paths need not be built. */
    boolean takesAll();

    /** A conflict copy's name; the attempt counts from 1. */
    String conflictName(String name, int attempt);

    /** True when the node waits: something failed and it is not time to try again. */
    boolean waits(NodeId node);
}
