package dev.holdfast.embeddedfdb.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Ten-byte versionstamps (eight bytes of commit version, two of order within it, both big-endian)
 * and their place in a parameter, which its last four bytes name in little-endian order.
 */
public final class Versionstamps {
    public static final int STAMP_BYTES = 10;
    private static final int OFFSET_BYTES = 4;

    private Versionstamps() {}

    public static byte[] stamp(long version, int order) {
        return ByteBuffer.allocate(STAMP_BYTES).putLong(version).putShort((short) order).array();
    }

    /**
     * Checks a parameter and returns where its stamp goes.
     *
     * @throws EmbeddedFdbException 2000 when there is no offset or the stamp would not fit
     */
    public static int position(byte[] parameter) {
        if (parameter.length < OFFSET_BYTES) {
            throw FdbError.CLIENT_INVALID_OPERATION.exception();
        }
        int body = parameter.length - OFFSET_BYTES;
        int position = ByteBuffer.wrap(parameter).order(ByteOrder.LITTLE_ENDIAN).getInt(body);
        if (position < 0 || position > body - STAMP_BYTES) {
            throw FdbError.CLIENT_INVALID_OPERATION.exception();
        }
        return position;
    }

    /** The parameter with the stamp in its place and without the offset. */
    public static byte[] fill(byte[] parameter, byte[] stamp) {
        int position = position(parameter);
        byte[] filled = Arrays.copyOf(parameter, parameter.length - OFFSET_BYTES);
        System.arraycopy(stamp, 0, filled, position, STAMP_BYTES);
        return filled;
    }

    /** The parameter with the stamp in its place, its offset kept. */
    public static byte[] fillKeepingOffset(byte[] parameter, byte[] stamp) {
        int position = position(parameter);
        byte[] filled = parameter.clone();
        System.arraycopy(stamp, 0, filled, position, STAMP_BYTES);
        return filled;
    }
}
