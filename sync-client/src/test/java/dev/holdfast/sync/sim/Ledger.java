package dev.holdfast.sync.sim;

import dev.holdfast.model.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Every content that a person wrote and that no person has overwritten or deleted since. Whatever
 * the clients do, each of these must be there in the end: no edit is ever lost.
 */
final class Ledger {
    private final Map<Sha256, String> alive = new LinkedHashMap<>();
    private final Set<Sha256> ever = new HashSet<>();
    private int written;

    /** New bytes that never were before. */
    byte[] write(String who, int size) {
        String text = "edit " + written++ + " by " + who + "\n";
        byte[] bytes = Arrays.copyOf(text.getBytes(StandardCharsets.UTF_8), size);
        if (size > 4_096) {
            new java.util.SplittableRandom(written).nextBytes(bytes);
        }
        alive.put(Contents.hash(bytes), text.strip());
        ever.add(Contents.hash(bytes));
        return bytes;
    }

    /** A person has seen these bytes and let go of them. */
    void letGo(byte[] bytes) {
        alive.remove(Contents.hash(bytes));
    }

    /** True when a person has once written exactly this. */
    boolean wasWritten(Sha256 hash) {
        return ever.contains(hash);
    }

    Map<Sha256, String> alive() {
        return alive;
    }
}
