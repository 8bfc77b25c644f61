package dev.holdfast.metadata;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/**
 * Pairs of transactions in every order of their beginnings and commits. Each promise is tested as
 * it is, and then with the reads it rests on turned into snapshot reads, which has to be noticed:
 * were one of these reads weakened in the code, the first of the two would fail.
 */
abstract class InterleavingCase {
    CollectionWorld world;
    Schedules schedules;

    @BeforeEach
    void open() {
        // One for each test: what a weakened read lets through damages the indexes for good.
        world = new CollectionWorld();
        schedules = new Schedules(world);
    }

    @AfterEach
    void close() {
        world.close();
    }

    static Map<String, Runnable> actors(String first, Runnable one, String second, Runnable two) {
        Map<String, Runnable> actors = new LinkedHashMap<>();
        actors.put(first, one);
        actors.put(second, two);
        return actors;
    }

    static Interleaving.Weak weak(String actor, byte[]... below) {
        return new Interleaving.Weak(actor, List.of(below));
    }
}
