package dev.holdfast.model;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.random.RandomGenerator;

/**
 * A 128-bit identifier, the value inside every typed id. Ordered as unsigned big-endian bytes; its
 * text is 32 lower-case hexadecimal digits.
 */
public record Id128(long high, long low) implements Comparable<Id128> {
    public static final int BYTES = 16;

    public static Id128 random(RandomGenerator random) {
        return new Id128(random.nextLong(), random.nextLong());
    }

    /** Reads 32 hexadecimal digits; throws {@link IllegalArgumentException} on anything else. */
    @JsonCreator
    public static Id128 parse(String text) {
        if (text.length() != 2 * BYTES) {
            throw new IllegalArgumentException("an id is 32 hexadecimal digits");
        }
        return new Id128(
                HexFormat.fromHexDigitsToLong(text, 0, 16),
                HexFormat.fromHexDigitsToLong(text, 16, 32));
    }

    /** Reads 16 big-endian bytes; throws {@link IllegalArgumentException} on another length. */
    public static Id128 of(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("an id is 16 bytes");
        }
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return new Id128(buffer.getLong(), buffer.getLong());
    }

    public byte[] toBytes() {
        return ByteBuffer.allocate(BYTES).putLong(high).putLong(low).array();
    }

    @Override
    public int compareTo(Id128 other) {
        int order = Long.compareUnsigned(high, other.high);
        return order != 0 ? order : Long.compareUnsigned(low, other.low);
    }

    @JsonValue
    @Override
    public String toString() {
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits(high) + hex.toHexDigits(low);
    }
}
