/**
 * What a FoundationDB 7.1.26 cluster answered, call by call, and the embedded engine held to it.
 * The transcripts in the test resources were written by a real cluster; the engine must produce the
 * same text on every build, and so must a cluster where {@code HOLDFAST_FDB_CLUSTER_FILE} names an
 * empty one.
 */
@NullMarked
package dev.holdfast.embeddedfdb.transcripts;

import org.jspecify.annotations.NullMarked;
