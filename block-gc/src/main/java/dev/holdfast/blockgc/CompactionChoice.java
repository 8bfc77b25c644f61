package dev.holdfast.blockgc;

import dev.holdfast.metadata.PackStage;
import dev.holdfast.metadata.PackView;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which packs a run rewrites: the sparsest, until no more than the allowed share of all bytes would
 * be dead; and small packs, once there are enough of them. Never more than the budget. A pure
 * function of what the candidates looked like.
 */
final class CompactionChoice {
    /** Not worth a rewrite: a pack this dense is no candidate any more. */
    private static final double DENSE = 0.95;

    private CompactionChoice() {}

    /** Whether the pack can be struck off the candidates. */
    static boolean settled(PackView pack, CollectorConfig config) {
        return pack.length() >= config.smallBytes() && pack.fill() >= DENSE;
    }

    /** Dead bytes at which that is decided again, in the transaction. */
    static long settledDeadBytes(PackView pack) {
        return (long) ((1 - DENSE) * pack.length());
    }

    static List<PackView> choose(
            List<PackView> candidates, long sealedBytes, CollectorConfig config) {
        List<PackView> sealed = new ArrayList<>();
        long dead = 0;
        for (PackView pack : candidates) {
            if (pack.stage() == PackStage.SEALED && pack.liveChunks() > 0) {
                sealed.add(pack);
                dead += pack.deadBytes();
            }
        }
        sealed.sort(Comparator.comparingDouble(PackView::fill));
        long total = sealedBytes;
        long budget = config.rewriteBytesMax();
        List<PackView> chosen = new ArrayList<>();
        for (PackView pack : sealed) {
            if (dead <= config.deadShareMax() * total
                    || pack.liveBytes() > budget
                    || pack.deadBytes() == 0) {
                break;
            }
            chosen.add(pack);
            dead -= pack.deadBytes();
            total -= pack.deadBytes();
            budget -= pack.liveBytes();
        }
        sealed.removeAll(chosen);
        List<PackView> small =
                sealed.stream().filter(p -> p.length() < config.smallBytes()).toList();
        if (small.size() >= config.smallPacksMax()) {
            for (PackView pack : small) {
                if (pack.liveBytes() <= budget) {
                    chosen.add(pack);
                    budget -= pack.liveBytes();
                }
            }
        }
        return chosen;
    }
}
