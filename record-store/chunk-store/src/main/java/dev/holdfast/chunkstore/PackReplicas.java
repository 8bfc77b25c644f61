package dev.holdfast.chunkstore;

import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.model.PackId;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Packs replica by replica, for those who look for damage and mend it. HDFS hides which DataNode
 * served a read and takes bytes for good when its checksums agree; here every read names its
 * DataNode, and says what is known when it fails. Calls block; for any number of threads, but a
 * {@link Stream} and a {@link Rescue} are for one.
 */
public interface PackReplicas extends AutoCloseable {
    /**
     * One copy of a pack's block.
     *
     * @param node id of the DataNode, which it keeps for ever
     * @param name its address, for people
     * @param knownBad HDFS has found this copy bad already
     */
    record Replica(String node, String name, boolean knownBad) {}

    /**
     * Where a pack's copies are.
     *
     * @param file the pack by whose id the file is named
     * @param length bytes of the file; of one that is being written, those that are known
     * @param open it is being written
     * @param wanted copies HDFS is to keep
     * @param replicas on DataNodes that HDFS takes to be up; by id
     */
    record Located(PackId file, long length, boolean open, int wanted, List<Replica> replicas) {
        public Located {
            replicas = List.copyOf(replicas);
        }
    }

    /** What became of a read. */
    sealed interface Read {
        /** The bytes; HDFS's checksums agree. */
        final class Bytes implements Read {
            private final byte[] bytes;

            Bytes(byte[] bytes) {
                this.bytes = bytes;
            }

            public byte[] bytes() {
                return bytes;
            }
        }

        /** The bytes as they lie on the disk; HDFS's checksums disagree, or are gone. */
        final class Unchecked implements Read {
            private final byte[] bytes;
            private final String why;

            Unchecked(byte[] bytes, String why) {
                this.bytes = bytes;
                this.why = why;
            }

            public byte[] bytes() {
                return bytes;
            }

            public String why() {
                return why;
            }
        }

        /** The DataNode answered, and does not have the bytes. */
        record Absent(String why) implements Read {}

        /** No answer that means anything: later it may be another one. */
        record Unavailable(String why) implements Read {}
    }

    /** One replica from an offset on, in one go. */
    interface Stream extends AutoCloseable {
        /**
         * The next bytes.
         *
         * @throws IOException for any reason; {@link PackReplicas#read} finds out which
         */
        void read(byte[] to, int from, int length) throws IOException;

        @Override
        void close();
    }

    /** A new pack that takes good records. What it holds is of use after {@link #end}. */
    interface Rescue extends AutoCloseable {
        /** Bytes so far. */
        long length();

        void add(StoredRecord record) throws IOException;

        /**
         * Makes everything durable, closes the file and reads all of it back from a fresh stream,
         * every byte checked.
         *
         * @throws IOException when anything of that fails: the pack must not be used
         */
        Packs.Ended end() throws IOException;

        /** Gives the file up if it was not ended. */
        @Override
        void close();
    }

    /**
     * Asks HDFS where a pack's copies are.
     *
     * @return empty when there is no such file
     * @throws IOException when HDFS cannot say now
     */
    Optional<Located> locate(PackId file) throws IOException;

    /**
     * Reads from one replica.
     *
     * @param located an answer of {@link #locate}, not older than a few minutes
     */
    Read read(Located located, Replica replica, long offset, int length);

    /** Begins to read a replica from an offset on to the end of so many bytes. */
    Stream stream(Located located, Replica replica, long offset, long length) throws IOException;

    /** The pack that a file says it is; empty when its header says nothing, or is damaged. */
    Optional<PackId> identity(Located located, Replica replica) throws IOException;

    /**
     * Records that a replica says it holds: by its table of contents, or, where that is damaged or
     * of another pack, found one behind the other. Their payloads are not read.
     *
     * @param pack whose records to look for
     */
    List<Packs.Entry> records(PackId pack, Located located, Replica replica) throws IOException;

    /**
     * Tells HDFS that a replica is bad. HDFS believes it, makes another one from the rest, and then
     * deletes this one.
     */
    void reportBad(Located located, Replica replica) throws IOException;

    /** DataNodes that are up, by id and name. */
    Map<String, String> dataNodes() throws IOException;

    /** Names every pack there is a file for, in no order. */
    void list(Consumer<PackFile> each) throws IOException;

    /** Begins the file of a new pack, of which the row is there already (T1). */
    Rescue begin(PackWriterLease pack) throws IOException;

    @Override
    void close();
}
