package dev.holdfast.model;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A SHA-256 digest, held in four words so that a million of them cost 32 MB and not three times
 * that. Ordered as unsigned big-endian bytes; its text is 64 lower-case hexadecimal digits.
 */
public record Sha256(long a, long b, long c, long d) implements Comparable<Sha256> {
    public static final int BYTES = 32;

    /** A fresh digest; every Java platform has to provide SHA-256. */
    public static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime has no SHA-256", e);
        }
    }

    public static Sha256 hash(byte[] bytes) {
        return of(newDigest().digest(bytes));
    }

    /** Hashes what remains in the buffer and leaves its position where it was. */
    public static Sha256 hash(ByteBuffer buffer) {
        MessageDigest digest = newDigest();
        digest.update(buffer.duplicate());
        return of(digest.digest());
    }

    /** Takes 32 bytes; throws {@link IllegalArgumentException} on another length. */
    public static Sha256 of(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("a SHA-256 digest is 32 bytes");
        }
        return read(ByteBuffer.wrap(bytes));
    }

    /** Takes the next 32 bytes of a big-endian buffer. */
    public static Sha256 read(ByteBuffer buffer) {
        return new Sha256(buffer.getLong(), buffer.getLong(), buffer.getLong(), buffer.getLong());
    }

    /** Reads 64 hexadecimal digits; throws {@link IllegalArgumentException} on anything else. */
    @JsonCreator
    public static Sha256 parse(String text) {
        if (text.length() != 2 * BYTES) {
            throw new IllegalArgumentException("a SHA-256 digest is 64 hexadecimal digits");
        }
        return of(HexFormat.of().parseHex(text));
    }

    public void write(ByteBuffer buffer) {
        buffer.putLong(a).putLong(b).putLong(c).putLong(d);
    }

    public byte[] toBytes() {
        ByteBuffer buffer = ByteBuffer.allocate(BYTES);
        write(buffer);
        return buffer.array();
    }

    @Override
    public int compareTo(Sha256 other) {
        int order = Long.compareUnsigned(a, other.a);
        if (order == 0) {
            order = Long.compareUnsigned(b, other.b);
        }
        if (order == 0) {
            order = Long.compareUnsigned(c, other.c);
        }
        return order != 0 ? order : Long.compareUnsigned(d, other.d);
    }

    @JsonValue
    @Override
    public String toString() {
        HexFormat hex = HexFormat.of();
        return hex.toHexDigits(a) + hex.toHexDigits(b) + hex.toHexDigits(c) + hex.toHexDigits(d);
    }
}
