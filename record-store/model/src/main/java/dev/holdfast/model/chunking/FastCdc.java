package dev.holdfast.model.chunking;

import java.util.Objects;

/**
 * FastCDC (Xia et al., USENIX ATC 2016; two bytes a step as in IEEE TPDS 2020), known on the wire
 * as {@link #NAME}. A gear hash rolls over the bytes: each step shifts it left by one and adds a
 * random number chosen by the byte, so that bit {@code k} depends on the last {@code k + 1} bytes.
 * A chunk ends where the bits under a mask are all zero. Up to the average length the mask has two
 * bits more than the average asks for, beyond it two fewer (normalisation level 2), which gathers
 * the lengths around the average.
 *
 * <p>The loop takes two bytes a step: the hash moves left by two, and the first byte's test uses
 * the mask one place further left. The boundaries are those of the simple loop.
 *
 * <p>Everything that decides a boundary is fixed here for ever: another table, mask or size is
 * another chunker with another name.
 */
public final class FastCdc {
    /** What a manifest calls this chunker. */
    public static final String NAME = "fastcdc-v1";

    /** Shorter chunks only end a file; a file up to this length is one chunk. */
    public static final int MIN_BYTES = 256 << 10;

    public static final int AVERAGE_BYTES = 1 << 20;
    public static final int MAX_BYTES = 4 << 20;

    /** Where the gear table starts: the first 64 bits of the fraction of pi. */
    static final long GEAR_SEED = 0x243F6A8885A308D3L;

    /** 22 bits, spread out, each depending on 21 bytes or more; bit 63 stays free for the shift. */
    static final long MASK_SHORT = 0x5555_5555_5550_0000L;

    /** 18 of those bits, so that a boundary of the strict mask is one of the loose mask, too. */
    static final long MASK_LONG = 0x5555_5555_5000_0000L;

    private static final long[] GEAR = gear();
    private static final long[] GEAR_SHIFTED = shifted(GEAR);

    private FastCdc() {}

    /**
     * The length of the first chunk of {@code bytes[from, to)}. The range must hold at least {@link
     * #MAX_BYTES} bytes or reach to the end of the content; it must not be empty.
     */
    public static int cut(byte[] bytes, int from, int to) {
        Objects.checkFromToIndex(from, to, bytes.length);
        int length = Math.min(to - from, MAX_BYTES);
        if (length <= MIN_BYTES) {
            return length;
        }
        int average = Math.min(length, AVERAGE_BYTES);
        long hash = 0;
        int i = from + MIN_BYTES;
        int strictEnd = from + (average & ~1);
        while (i < strictEnd) {
            hash = (hash << 2) + GEAR_SHIFTED[bytes[i] & 0xff];
            if ((hash & (MASK_SHORT << 1)) == 0) {
                return i - from + 1;
            }
            hash += GEAR[bytes[i + 1] & 0xff];
            if ((hash & MASK_SHORT) == 0) {
                return i - from + 2;
            }
            i += 2;
        }
        int looseEnd = from + (length & ~1);
        while (i < looseEnd) {
            hash = (hash << 2) + GEAR_SHIFTED[bytes[i] & 0xff];
            if ((hash & (MASK_LONG << 1)) == 0) {
                return i - from + 1;
            }
            hash += GEAR[bytes[i + 1] & 0xff];
            if ((hash & MASK_LONG) == 0) {
                return i - from + 2;
            }
            i += 2;
        }
        // Where one odd byte remains, the content ends with it.
        return length;
    }

    /** One 64-bit number a byte value, by SplitMix64 from the seed. */
    static long[] gear() {
        long[] gear = new long[256];
        long state = GEAR_SEED;
        for (int i = 0; i < gear.length; i++) {
            state += 0x9E3779B97F4A7C15L;
            long z = state;
            z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
            z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
            gear[i] = z ^ (z >>> 31);
        }
        return gear;
    }

    private static long[] shifted(long[] gear) {
        long[] shifted = new long[gear.length];
        for (int i = 0; i < gear.length; i++) {
            shifted[i] = gear[i] << 1;
        }
        return shifted;
    }
}
