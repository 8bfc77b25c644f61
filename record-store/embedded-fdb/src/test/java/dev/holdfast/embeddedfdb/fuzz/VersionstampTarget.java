package dev.holdfast.embeddedfdb.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.apple.foundationdb.FDBException;
import com.apple.foundationdb.MutationType;
import com.apple.foundationdb.Transaction;
import com.apple.foundationdb.tuple.ByteArrayUtil;
import dev.holdfast.embeddedfdb.EmbeddedDatabase;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.CompletionException;

/** A versionstamp goes where the last four bytes say, or the transaction fails with 2000. */
public final class VersionstampTarget {
    private static final byte[] KEY = {1};
    private static final byte[] VALUE = {2};
    private static final int STAMP_BYTES = 10;
    private static final byte[] METADATA_VERSION =
            ByteArrayUtil.join(
                    new byte[] {(byte) 0xff},
                    "/metadataVersion".getBytes(StandardCharsets.US_ASCII));

    private static final EmbeddedDatabase DATABASE = EmbeddedFoundationDb.inMemory();

    private VersionstampTarget() {}

    /** Where Jazzer begins. */
    public static void fuzzerTestOneInput(byte[] input) {
        offset(input);
    }

    private static void offset(byte[] parameter) {
        value(parameter);
        key(parameter);
    }

    /** Where the stamp must go, or -1 where the parameter is to be refused. */
    private static int place(byte[] parameter) {
        int body = parameter.length - Integer.BYTES;
        if (body < 0) {
            return -1;
        }
        long place = ByteBuffer.wrap(parameter).order(ByteOrder.LITTLE_ENDIAN).getInt(body);
        return place >= 0 && place + STAMP_BYTES <= body ? (int) place : -1;
    }

    private static byte[] expected(byte[] parameter, byte[] stamp) {
        byte[] filled = Arrays.copyOf(parameter, parameter.length - Integer.BYTES);
        System.arraycopy(stamp, 0, filled, place(parameter), STAMP_BYTES);
        return filled;
    }

    private static void value(byte[] parameter) {
        try (Transaction transaction = DATABASE.createTransaction()) {
            transaction.mutate(MutationType.SET_VERSIONSTAMPED_VALUE, KEY, parameter);
            var stamp = transaction.getVersionstamp();
            if (place(parameter) < 0) {
                assertThat(refusal(transaction)).isEqualTo(2000);
                return;
            }
            transaction.commit().join();
            byte[] stored = DATABASE.read(reader -> reader.get(KEY).join());
            assertThat(stored).isEqualTo(expected(parameter, stamp.join()));
        }
    }

    private static void key(byte[] parameter) {
        boolean system = parameter.length > 0 && parameter[0] == (byte) 0xff;
        try (Transaction transaction = DATABASE.createTransaction()) {
            transaction.mutate(MutationType.SET_VERSIONSTAMPED_KEY, parameter, VALUE);
            var stamp = transaction.getVersionstamp();
            if (system || place(parameter) < 0) {
                // Of the system's keys this one can be written, but with a stamped value only.
                boolean metadata = Arrays.equals(parameter, METADATA_VERSION);
                assertThat(refusal(transaction)).isEqualTo(system && !metadata ? 2004 : 2000);
                return;
            }
            transaction.commit().join();
            byte[] stored = expected(parameter, stamp.join());
            assertThat(DATABASE.<byte[]>read(reader -> reader.get(stored).join())).isEqualTo(VALUE);
        }
    }

    private static int refusal(Transaction transaction) {
        try {
            transaction.commit().join();
        } catch (CompletionException failure) {
            if (failure.getCause() instanceof FDBException error) {
                return error.getCode();
            }
            throw failure;
        }
        return 0;
    }
}
