package dev.holdfast.embeddedfdb;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Checks a history of transactions that read lists and append their own number to lists. The final
 * lists give the order of writes on each key; from it and from what was read follow the edges
 * write→write, write→read and read→write (the reader saw the list before that append), and from the
 * clock the edge between a transaction that ended and one that began later. A history is strictly
 * serializable exactly when the graph has no cycle.
 */
final class DependencyGraph {
    /**
     * A committed transaction.
     *
     * @param id its number, which it appended
     * @param began before it did anything, in nanoseconds
     * @param ended after its commit was acknowledged, in nanoseconds
     * @param reads what it read, by key
     * @param appends the keys it appended to
     */
    record Done(
            int id,
            long began,
            long ended,
            Map<Integer, List<Integer>> reads,
            Set<Integer> appends) {}

    private final Map<Integer, Set<Integer>> edges = new HashMap<>();

    private void edge(int from, int to) {
        if (from != to) {
            edges.computeIfAbsent(from, k -> new LinkedHashSet<>()).add(to);
        }
    }

    /** A cycle of transaction numbers, or an empty list. */
    static List<Integer> cycle(List<Done> history, Map<Integer, List<Integer>> finalLists) {
        DependencyGraph graph = new DependencyGraph();
        for (List<Integer> writers : finalLists.values()) {
            for (int i = 1; i < writers.size(); i++) {
                graph.edge(writers.get(i - 1), writers.get(i));
            }
        }
        for (Done done : history) {
            graph.addReads(done, finalLists);
        }
        graph.addRealTime(history);
        return graph.findCycle();
    }

    private void addReads(Done reader, Map<Integer, List<Integer>> finalLists) {
        reader.reads()
                .forEach((key, seen) -> {
                    List<Integer> writers = finalLists.getOrDefault(key, List.of());
                    if (!seen.isEmpty()) {
                        edge(seen.get(seen.size() - 1), reader.id());
                    }
                    if (seen.size() < writers.size()) {
                        edge(reader.id(), writers.get(seen.size()));
                    }
                });
    }

    /** Only edges to the transactions that began next after an end; the rest follow from those. */
    private void addRealTime(List<Done> history) {
        for (Done before : history) {
            long firstEnd = Long.MAX_VALUE;
            for (Done after : history) {
                if (after.began() > before.ended()) {
                    firstEnd = Math.min(firstEnd, after.ended());
                }
            }
            for (Done after : history) {
                if (after.began() > before.ended() && after.began() <= firstEnd) {
                    edge(before.id(), after.id());
                }
            }
        }
    }

    private List<Integer> findCycle() {
        Set<Integer> finished = new HashSet<>();
        for (Integer start : edges.keySet()) {
            List<Integer> cycle = search(start, finished);
            if (!cycle.isEmpty()) {
                return cycle;
            }
        }
        return List.of();
    }

    private List<Integer> search(Integer start, Set<Integer> finished) {
        Deque<Integer> path = new ArrayDeque<>();
        Set<Integer> onPath = new LinkedHashSet<>();
        Map<Integer, List<Integer>> left = new HashMap<>();
        path.push(start);
        while (!path.isEmpty()) {
            Integer node = path.peek();
            if (finished.contains(node)) {
                path.pop();
                continue;
            }
            onPath.add(node);
            List<Integer> next =
                    left.computeIfAbsent(
                            node, k -> new ArrayList<>(edges.getOrDefault(k, Set.of())));
            if (next.isEmpty()) {
                finished.add(node);
                onPath.remove(node);
                path.pop();
                continue;
            }
            Integer target = next.removeLast();
            if (onPath.contains(target)) {
                List<Integer> cycle = new ArrayList<>(onPath);
                return cycle.subList(cycle.indexOf(target), cycle.size());
            }
            if (!finished.contains(target)) {
                path.push(target);
            }
        }
        return List.of();
    }
}
