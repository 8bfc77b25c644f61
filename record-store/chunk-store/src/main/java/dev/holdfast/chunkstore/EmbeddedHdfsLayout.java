package dev.holdfast.chunkstore;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.server.namenode.NameNode;

/** The directory of an {@link EmbeddedHdfs}: what lies where, and what may be done with it. */
record EmbeddedHdfsLayout(Path root) {
    private static final String FORMATTING = "name.formatting";

    Path name() {
        return root.resolve("name");
    }

    Path data(int index) {
        return root.resolve("data-" + index);
    }

    Path temporary() {
        return root.resolve("tmp");
    }

    /** Bytes that this process may still write to the disk of the namespace. */
    long freeBytes() throws IOException {
        return Files.getFileStore(name()).getUsableSpace();
    }

    boolean isNew() {
        return !Files.exists(name());
    }

    /** Makes the directories, or says why this place cannot be used. Deletes no data. */
    void prepare(int dataNodes) throws IOException {
        try {
            Files.createDirectories(root);
            deleteTree(temporary());
            Files.createDirectories(temporary());
        } catch (IOException e) {
            throw new IOException("cannot write to the data directory " + root + ": " + e, e);
        }
        int present = 0;
        while (Files.exists(data(present))) {
            present++;
        }
        if (present > dataNodes) {
            throw new IOException(
                    root
                            + " was written by "
                            + present
                            + " DataNodes: start at least as many, or chunks would be missing");
        }
        if (isNew() && present > 0) {
            throw new IOException(
                    "the HDFS namespace "
                            + name()
                            + " is missing although blocks are there: restore it from a backup;"
                            + " nothing was changed");
        }
        if (!isNew() && !Files.exists(name().resolve("current").resolve("VERSION"))) {
            throw new IOException(
                    "the HDFS namespace "
                            + name()
                            + " is damaged (no current/VERSION): restore it from a backup;"
                            + " nothing was changed");
        }
        for (int index = 0; index < dataNodes; index++) {
            Files.createDirectories(data(index));
            TornReplicas.mend(data(index));
        }
    }

    /**
     * Formats beside the final place and renames, so that a crash leaves nothing half formatted.
     */
    void format(Configuration configuration) throws IOException {
        Path fresh = root.resolve(FORMATTING);
        deleteTree(fresh);
        Configuration own = new Configuration(configuration);
        own.set("dfs.namenode.name.dir", fresh.toUri().toString());
        own.set("dfs.namenode.edits.dir", fresh.toUri().toString());
        NameNode.format(own);
        try {
            Files.move(fresh, name(), StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException("the data directory cannot rename atomically: " + root, e);
        }
        try (FileChannel directory = FileChannel.open(root, StandardOpenOption.READ)) {
            directory.force(true);
        }
    }

    /** Puts what a person can do in front of what HDFS said. */
    IOException explain(Exception failure) {
        String said = String.valueOf(failure.getMessage());
        if (said.contains("Cannot lock storage") || said.contains("already locked")) {
            return new IOException("another process uses the data directory " + root, failure);
        }
        if (said.contains("No space left")) {
            return new IOException("no space left under " + root, failure);
        }
        return new IOException("HDFS cannot start in " + root + ": " + said, failure);
    }

    private static void deleteTree(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        List<Path> all;
        try (Stream<Path> walk = Files.walk(tree)) {
            all = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : all) {
            Files.delete(path);
        }
    }
}
