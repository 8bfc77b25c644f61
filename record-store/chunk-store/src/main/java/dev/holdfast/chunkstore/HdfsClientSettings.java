package dev.holdfast.chunkstore;

import java.time.Duration;
import org.apache.hadoop.conf.Configuration;

/**
 * What the store sets on its own HDFS client: a few things whatever the site's files say, and
 * limits on waiting where they say nothing.
 */
final class HdfsClientSettings {
    private static final int HEDGE_THREADS = 8;

    private static final Duration CONNECT_WAIT_MAX = Duration.ofSeconds(10);
    private static final int CONNECT_TRIES = 3;
    private static final Duration CALL_WAIT_MAX = Duration.ofSeconds(60);

    /** A DataNode in a pipeline says something this often, if only that it is there. */
    private static final Duration DATA_NODE_WAIT_MAX = Duration.ofSeconds(20);

    private static final Duration DATA_NODE_WRITE_WAIT_MAX = Duration.ofSeconds(30);

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
        // By default a NameNode's host that is away is tried for a quarter of an hour. Whoever
        // waits for a chunk is better told to come back.
        unlessSaid(conf, "ipc.client.connect.timeout", CONNECT_WAIT_MAX.toMillis());
        unlessSaid(conf, "ipc.client.connect.max.retries.on.timeouts", CONNECT_TRIES);
        unlessSaid(conf, "ipc.client.rpc-timeout.ms", CALL_WAIT_MAX.toMillis());
        // By default a DataNode that hangs is found out after more than a minute, and one that
        // takes no more bytes after eight.
        unlessSaid(conf, "dfs.client.socket-timeout", DATA_NODE_WAIT_MAX.toMillis());
        unlessSaid(conf, "dfs.datanode.socket.write.timeout", DATA_NODE_WRITE_WAIT_MAX.toMillis());
        return conf;
    }

    /** Sets what no site file sets: a value that comes from Hadoop's own defaults. */
    private static void unlessSaid(Configuration conf, String key, long value) {
        String[] sources = conf.getPropertySources(key);
        boolean said =
                conf.get(key) != null
                        && (sources == null
                                || sources.length == 0
                                || !sources[sources.length - 1].endsWith("-default.xml"));
        if (!said) {
            conf.setLong(key, value);
        }
    }
}
