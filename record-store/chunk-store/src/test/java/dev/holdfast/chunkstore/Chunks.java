package dev.holdfast.chunkstore;

import dev.holdfast.model.ContentId;
import dev.holdfast.model.Sha256;
import java.util.SplittableRandom;

/** Test chunks: reproducible bytes with their hash. */
record Chunks(SplittableRandom random) {
    static Chunks of(long seed) {
        return new Chunks(new SplittableRandom(seed));
    }

    byte[] incompressible(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    byte[] compressible(int length) {
        byte[] bytes = new byte[length];
        for (int index = 0; index < length; index++) {
            bytes[index] = (byte) "abcdefgh".charAt(random.nextInt(8));
        }
        return bytes;
    }

    ContentId content() {
        return ContentId.random(random);
    }

    static Sha256 hash(byte[] bytes) {
        return Sha256.hash(bytes);
    }
}
