package dev.holdfast.model.frames;

import java.io.IOException;

/** How a frame's payload is stored. */
public enum Codec {
    PLAIN(0),
    ZSTD(1);

    private final int wire;

    Codec(int wire) {
        this.wire = wire;
    }

    /** The number on the wire. */
    public int wire() {
        return wire;
    }

    static Codec of(int wire) throws IOException {
        for (Codec codec : values()) {
            if (codec.wire == wire) {
                return codec;
            }
        }
        throw new FrameFormatException("a frame names an unknown codec: " + wire);
    }
}
