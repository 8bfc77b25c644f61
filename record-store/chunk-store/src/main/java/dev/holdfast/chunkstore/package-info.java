/** Packs of chunks on HDFS. */
@NullMarked
package dev.holdfast.chunkstore;

import org.jspecify.annotations.NullMarked;
