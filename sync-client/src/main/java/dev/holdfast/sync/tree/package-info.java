/**
 * The three trees by node id: remote (what the feed said), local (what the last scan saw) and
 * synced (the last state both agreed on, the merge base). They hold observations, never pending
 * work. Owned by the control thread; nothing here does I/O or reads a clock. May use the model
 * only.
 */
@NullMarked
package dev.holdfast.sync.tree;

import org.jspecify.annotations.NullMarked;
