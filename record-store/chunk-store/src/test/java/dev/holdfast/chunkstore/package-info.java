/** Tests of the chunk store, on a real HDFS in this process wherever HDFS is what is tested. */
@NullMarked
package dev.holdfast.chunkstore;

import org.jspecify.annotations.NullMarked;
