/**
 * Packs of chunks on HDFS: their format, writer, reader and recovery, and the HDFS in the process
 * that {@code up} runs. A record is acknowledged when it is durable on enough DataNodes and its
 * rows are committed; no byte leaves this package before its SHA-256 was checked on this read. May
 * use the model, the metadata module's records and HDFS; knows nothing of HTTP.
 */
@NullMarked
package dev.holdfast.chunkstore;

import org.jspecify.annotations.NullMarked;
