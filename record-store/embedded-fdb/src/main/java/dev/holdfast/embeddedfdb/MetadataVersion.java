package dev.holdfast.embeddedfdb;

import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.embeddedfdb.engine.MutationKind;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The key {@code \xff/metadataVersion}: readable without an option, and written only by letting a
 * commit put its versionstamp there.
 */
final class MetadataVersion {
    static final byte[] KEY = key();

    /** Ten bytes for the stamp and four for its offset, all zero. */
    private static final byte[] REQUIRED_VALUE = new byte[14];

    private MetadataVersion() {}

    private static byte[] key() {
        byte[] key = "?/metadataVersion".getBytes(StandardCharsets.US_ASCII);
        key[0] = (byte) 0xff;
        return key;
    }

    static boolean isKey(byte[] key) {
        return Arrays.equals(key, KEY);
    }

    static void requireValid(@Nullable MutationKind kind, byte[] operand) {
        if (kind != MutationKind.SET_VERSIONSTAMPED_VALUE
                || !Arrays.equals(operand, REQUIRED_VALUE)) {
            throw FdbError.CLIENT_INVALID_OPERATION.exception();
        }
    }
}
