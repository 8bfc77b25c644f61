package dev.holdfast.embeddedfdb.bindingtester;

import com.apple.foundationdb.FDBException;
import com.apple.foundationdb.tuple.Tuple;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Errors as programs see them: the packed tuple {@code ("ERROR", code)}, both as bytes. */
final class Errors {
    private Errors() {}

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    static byte[] packed(int code) {
        return Tuple.from(ascii("ERROR"), ascii(Integer.toString(code))).pack();
    }

    /** The error as programs see it; a failure that is none of FoundationDB's is thrown. */
    static byte[] packed(RuntimeException failure) {
        FDBException error = find(failure);
        if (error == null) {
            throw failure;
        }
        return packed(error.getCode());
    }

    static @Nullable FDBException find(@Nullable Throwable failure) {
        Throwable cause = failure;
        while (cause != null) {
            if (cause instanceof FDBException error) {
                return error;
            }
            cause = cause.getCause();
        }
        return null;
    }
}
