package dev.holdfast.embeddedfdb.engine;

import java.util.ArrayDeque;
import java.util.Deque;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.CompressionType;
import org.rocksdb.Env;
import org.rocksdb.IndexType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksMemEnv;
import org.rocksdb.WALRecoveryMode;

/**
 * How RocksDB is opened, once its library is loaded, and the native objects that live as long as
 * the open database.
 */
final class RocksFiles implements AutoCloseable {
    /** Parts of the block cache with a lock of their own, a power of two. */
    private static final int CACHE_SHARD_BITS = 4;

    private final Deque<AutoCloseable> owned = new ArrayDeque<>();
    private final Options options;

    private RocksFiles(StorageConfig config) {
        options = own(new Options());
        options.setCreateIfMissing(true);
        options.setParanoidChecks(true);
        options.setWalRecoveryMode(WALRecoveryMode.PointInTimeRecovery);
        options.setInfoLogLevel(InfoLogLevel.WARN_LEVEL);
        options.setKeepLogFileNum(4);
        options.setMaxLogFileSize(4L << 20);
        options.setMaxOpenFiles(512);
        options.setMaxBackgroundJobs(2);
        options.setAllowConcurrentMemtableWrite(false);
        options.setEnableWriteThreadAdaptiveYield(false);
        options.setLevelCompactionDynamicLevelBytes(true);
        options.setCompressionType(CompressionType.LZ4_COMPRESSION);
        long memory = config.memoryBytes();
        options.setWriteBufferSize(memory / 4);
        options.setMaxWriteBufferNumber(2);
        options.setMaxTotalWalSize(memory);
        BlockBasedTableConfig table = new BlockBasedTableConfig();
        table.setBlockCache(own(new LRUCache(memory / 2, CACHE_SHARD_BITS)));
        table.setFilterPolicy(own(new BloomFilter(10)));
        // The index and the filter of a file of 64 MiB take a megabyte or more each. As one block
        // they
        // would not stay in a cache of this size, and every read would load and check them again.
        table.setIndexType(IndexType.kTwoLevelIndexSearch);
        table.setPartitionFilters(true);
        table.setCacheIndexAndFilterBlocks(true);
        table.setCacheIndexAndFilterBlocksWithHighPriority(true);
        table.setPinTopLevelIndexAndFilter(true);
        table.setPinL0FilterAndIndexBlocksInCache(true);
        options.setTableFormatConfig(table);
    }

    static RocksFiles onDisk(StorageConfig config) {
        return new RocksFiles(config);
    }

    /** Everything in memory, gone when closed. */
    static RocksFiles inMemory(StorageConfig config) {
        RocksFiles files = new RocksFiles(config);
        files.options.setEnv(files.own(new RocksMemEnv(Env.getDefault())));
        files.options.setInfoLogLevel(InfoLogLevel.FATAL_LEVEL);
        return files;
    }

    private <T extends AutoCloseable> T own(T resource) {
        owned.push(resource);
        return resource;
    }

    /** How far a broken log is followed when the data is opened. */
    RocksFiles recovering(WALRecoveryMode mode) {
        options.setWalRecoveryMode(mode);
        return this;
    }

    Options options() {
        return options;
    }

    @Override
    public void close() {
        while (!owned.isEmpty()) {
            try {
                owned.pop().close();
            } catch (Exception failure) {
                throw new IllegalStateException("cannot free native memory", failure);
            }
        }
    }
}
