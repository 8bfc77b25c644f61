package dev.holdfast.chunkstore;

import org.apache.hadoop.conf.Configuration;

/** What the store sets on its own HDFS client, whatever the site's files say. */
final class HdfsClientSettings {
    private static final int HEDGE_THREADS = 8;

    private HdfsClientSettings() {}

    static Configuration apply(Configuration site, ChunkStoreConfig config) {
        Configuration conf = new Configuration(site);
        // The store looks after replication itself: it gives a damaged pack up and writes a new
        // one.
        conf.set("dfs.client.block.write.replace-datanode-on-failure.policy", "NEVER");
        conf.setInt("dfs.bytes-per-checksum", PackFormat.ALIGNMENT);
        if (config.replication() > 1) {
            conf.setInt("dfs.client.hedged.read.threadpool.size", HEDGE_THREADS);
            conf.setLong("dfs.client.hedged.read.threshold.millis", config.hedgeAfter().toMillis());
        }
        return conf;
    }
}
