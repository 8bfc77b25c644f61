package dev.holdfast.chunkstore;

import org.apache.hadoop.conf.Configuration;

/**
 * The configuration of an {@link EmbeddedHdfs} and of its clients: everything on the loopback
 * interface, short waits (all parties are in one process), small pools, no log of every access.
 */
final class EmbeddedHdfsSettings {
    private static final String ANY_PORT = "127.0.0.1:0";

    /** What a DataNode leaves free on the disk it shares with the metadata. */
    private static final long RESERVED_BYTES = 256L << 20;

    /** Below this the NameNode takes no writes: what it needs to keep its own books. */
    static final long NAME_ROOM_BYTES = 100L << 20;

    private EmbeddedHdfsSettings() {}

    static Configuration server(EmbeddedHdfsLayout layout, int replication) {
        // Site files on the class path describe some other cluster.
        Configuration conf = new Configuration(false);
        conf.addResource("core-default.xml");
        conf.addResource("hdfs-default.xml");
        places(conf, layout);
        pace(conf);
        pools(conf);
        client(conf);
        conf.setInt("dfs.replication", replication);
        return conf;
    }

    private static void places(Configuration conf, EmbeddedHdfsLayout layout) {
        String name = layout.name().toUri().toString();
        String temporary = layout.temporary().toString();
        conf.set("hadoop.tmp.dir", temporary);
        conf.set("hadoop.http.temp.dir", temporary);
        conf.set("dfs.namenode.name.dir", name);
        conf.set("dfs.namenode.edits.dir", name);
        conf.set("fs.defaultFS", "hdfs://" + ANY_PORT);
        conf.set("dfs.namenode.rpc-bind-host", "127.0.0.1");
        conf.set("dfs.namenode.http-address", ANY_PORT);
        conf.set("dfs.namenode.http-bind-host", "127.0.0.1");
        conf.set("dfs.datanode.address", ANY_PORT);
        conf.set("dfs.datanode.ipc.address", ANY_PORT);
        conf.set("dfs.datanode.http.address", ANY_PORT);
        conf.set("dfs.datanode.hostname", "127.0.0.1");
        // No name service is asked about the loopback address.
        conf.setBoolean("dfs.namenode.datanode.registration.ip-hostname-check", false);
        conf.setBoolean("hadoop.security.token.service.use_ip", true);
        conf.setBoolean("dfs.permissions.enabled", false);
        conf.setLong("dfs.datanode.du.reserved", RESERVED_BYTES);
        // The reserve above is enough; by default a further GiB has to be free.
        conf.setLong(
                "dfs.datanode.round-robin-volume-choosing-policy.additional-available-space", 0);
        conf.setLong("dfs.namenode.resource.du.reserved", NAME_ROOM_BYTES);
        conf.setInt("dfs.namenode.resource.check.interval", 2_000);
        conf.set("hadoop.http.authentication.signature.secret.file", "");
    }

    private static void pace(Configuration conf) {
        conf.setInt("dfs.namenode.safemode.extension", 0);
        conf.setInt("dfs.heartbeat.interval", 1);
        conf.setInt("dfs.namenode.heartbeat.recheck-interval", 5_000);
        conf.setInt("dfs.namenode.stale.datanode.interval", 10_000);
        conf.setInt("dfs.blockreport.initialDelay", 0);
        // Load is no reason to leave one of a few DataNodes in one process out of a pipeline.
        conf.setBoolean("dfs.namenode.redundancy.considerLoad", false);
        conf.setInt("dfs.namenode.redundancy.interval.seconds", 1);
        // The namespace is written out at a start when it is older than this; there is no second
        // NameNode to do it.
        conf.setInt("dfs.namenode.checkpoint.period", 3_600);
        conf.setLong("dfs.namenode.num.extra.edits.retained", 10_000);
        // Sizes come from the file system's own figures, not from walking the tree with du.
        conf.set("fs.getspaceused.classname", "org.apache.hadoop.fs.DFCachingGetSpaceUsed");
        // Asking is cheap, and whoever made room on a full disk should not have to wait for it.
        conf.setLong("fs.du.interval", 10_000);
        conf.setLong("fs.getspaceused.jitterMillis", 0);
        conf.setLong("dfs.datanode.cached-dfsused.check.interval.ms", 0);
        // The store's scrub reads everything with SHA-256; a second reader would only add load.
        conf.setInt("dfs.datanode.scan.period.hours", -1);
        conf.setInt("dfs.datanode.directoryscan.throttle.limit.ms.per.sec", 500);
    }

    private static void pools(Configuration conf) {
        conf.setInt("dfs.namenode.handler.count", 6);
        conf.setInt("dfs.datanode.handler.count", 2);
        conf.setInt("hadoop.http.max.threads", 12);
        conf.setInt("hadoop.http.selector.count", 1);
        conf.setInt("hadoop.http.acceptor.count", 1);
        conf.setInt("dfs.namenode.edits.asynclogging.pending.queue.size", 256);
        conf.setInt("dfs.namenode.path.based.cache.refresh.interval.ms", 3_600_000);
        conf.setBoolean("dfs.datanode.cache.revocation.enabled", false);
    }

    private static void client(Configuration conf) {
        conf.setInt("ipc.client.connect.max.retries", 2);
        conf.setInt("ipc.client.connect.retry.interval", 100);
        conf.setInt("ipc.client.connect.max.retries.on.timeouts", 2);
        conf.setInt("dfs.client.retry.window.base", 50);
        // A file's end waits for the DataNode's report of its block, which is milliseconds away.
        conf.setInt("dfs.client.block.write.locateFollowingBlock.initial.delay.ms", 10);
        conf.setInt("dfs.client.block.write.locateFollowingBlock.retries", 10);
    }
}
