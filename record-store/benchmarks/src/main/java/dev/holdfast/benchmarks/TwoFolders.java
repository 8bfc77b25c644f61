package dev.holdfast.benchmarks;

import java.io.IOException;
import java.nio.file.Path;

/** Two folders that some program keeps equal, while it runs. */
interface TwoFolders extends AutoCloseable {
    /** Where things are changed. */
    Path from();

    /** Where they have to show. */
    Path to();

    /** Bytes that went over the network so far, both ways; -1 where nobody counts. */
    long wireBytes();

    /** Processor time of all processes so far, without the server's. */
    double processorSeconds();

    /** The most memory that one of the processes has had. */
    long peakBytes();

    /** What the processes have said, for a failure's message. */
    String describe();

    @Override
    void close() throws IOException;
}
