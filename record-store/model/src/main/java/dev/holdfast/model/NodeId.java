package dev.holdfast.model;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.random.RandomGenerator;

/**
 * Names a node for its whole life: renames, moves, trash and restore keep it. A client may choose
 * it.
 */
public record NodeId(Id128 id) implements Comparable<NodeId> {
    public static NodeId random(RandomGenerator random) {
        return new NodeId(Id128.random(random));
    }

    /** Reads 32 hexadecimal digits; throws {@link IllegalArgumentException} on anything else. */
    @JsonCreator
    public static NodeId parse(String text) {
        return new NodeId(Id128.parse(text));
    }

    /** The root folder of a namespace carries the namespace's own number. */
    public static NodeId rootOf(NamespaceId namespace) {
        return new NodeId(namespace.id());
    }

    public static NodeId of(byte[] bytes) {
        return new NodeId(Id128.of(bytes));
    }

    public byte[] toBytes() {
        return id.toBytes();
    }

    @Override
    public int compareTo(NodeId other) {
        return id.compareTo(other.id);
    }

    @JsonValue
    @Override
    public String toString() {
        return id.toString();
    }
}
