package dev.holdfast.gateway.workers;

import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import dev.holdfast.blockgc.CollectionSettings;
import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.chunkstore.ChunkStoreConfig;
import dev.holdfast.metadata.MetadataConfig;
import dev.holdfast.metadata.MetadataStore;
import java.net.URI;
import org.apache.hadoop.conf.Configuration;

/**
 * The stores that workers work on, and what they need to open more of them.
 *
 * @param config the one that {@code metadata} was opened with
 * @param hdfs where {@code chunks} lie
 * @param collection what the operator set about it
 */
public record Stores(
        FDBDatabase database,
        MetadataConfig config,
        MetadataStore metadata,
        ChunkStore chunks,
        ChunkStoreConfig chunkConfig,
        URI hdfs,
        Configuration hdfsConfiguration,
        CollectionSettings collection) {}
