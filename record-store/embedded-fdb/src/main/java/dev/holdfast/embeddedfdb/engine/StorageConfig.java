package dev.holdfast.embeddedfdb.engine;

/**
 * Sizes of the storage.
 *
 * @param memoryBytes native memory for block cache and memtables together, in bytes
 * @param expectedFreeBytes commits are refused when the disk has less than this left, in bytes
 */
public record StorageConfig(long memoryBytes, long expectedFreeBytes) {
    private static final long MEMORY_BYTES_MIN = 8L << 20;

    public StorageConfig {
        if (memoryBytes < MEMORY_BYTES_MIN) {
            throw new IllegalArgumentException(
                    "storage memory must be at least " + MEMORY_BYTES_MIN + " bytes");
        }
        if (expectedFreeBytes < 0) {
            throw new IllegalArgumentException("expected free bytes must not be negative");
        }
    }

    public static StorageConfig defaults() {
        return new StorageConfig(64L << 20, 32L << 20);
    }
}
