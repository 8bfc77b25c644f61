package dev.holdfast.benchmarks;

import java.nio.file.Path;
import java.util.Map;

/** Something to measure. Scenarios are found through {@link java.util.ServiceLoader}. */
public interface Scenario {
    /** What {@code holdfast bench} is given. */
    String name();

    /** One line for the list. */
    String description();

    /**
     * Measures.
     *
     * @param scratch an empty folder for its files, removed afterwards
     * @return figures in the order to print them: what, and its value with a unit
     */
    Map<String, String> run(Path scratch) throws Exception;
}
