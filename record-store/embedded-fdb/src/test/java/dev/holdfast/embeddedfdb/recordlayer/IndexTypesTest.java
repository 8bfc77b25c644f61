package dev.holdfast.embeddedfdb.recordlayer;

import static org.assertj.core.api.Assertions.assertThat;

import com.apple.foundationdb.record.IndexEntry;
import com.apple.foundationdb.record.IndexScanType;
import com.apple.foundationdb.record.RecordMetaData;
import com.apple.foundationdb.record.ScanProperties;
import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.record.provider.foundationdb.MultidimensionalIndexScanBounds;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.embeddedfdb.recordlayer.Games.Game;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Each index type against answers computed from a map, after many saves, changes and deletes. */
final class IndexTypesTest {
    private static final int STEPS = 300;
    private static final long SEED = Long.getLong("holdfast.seed", 41);
    private static final RecordMetaData META = Games.withEveryIndex();

    /** In the order of their last save. */
    private static final Map<Long, Game> GAMES = new LinkedHashMap<>();

    /** Every game there ever was, by team: what the indexes "ever" remember. */
    private static final Map<String, List<Long>> EVER = new TreeMap<>();

    private static GameStore store;

    @BeforeAll
    static void fill() {
        store = new GameStore();
        Random random = new Random(SEED);
        for (int step = 0; step < STEPS; step++) {
            long id = random.nextInt(90);
            if (random.nextInt(4) == 0) {
                store.delete(META, id);
                GAMES.remove(id);
            } else {
                Game game = Game.random(random, id);
                store.save(META, game);
                GAMES.remove(id);
                GAMES.put(id, game);
                EVER.computeIfAbsent(game.team(), team -> new ArrayList<>()).add(game.score());
            }
        }
    }

    @AfterAll
    static void close() {
        store.close();
    }

    private static Stream<Game> of(String team) {
        return GAMES.values().stream().filter(game -> game.team().equals(team));
    }

    private static List<Long> ids(Collection<IndexEntry> entries) {
        return entries.stream().map(entry -> entry.getPrimaryKey().getLong(0)).toList();
    }

    private static long aggregate(String index, String team) {
        List<IndexEntry> entries =
                store.scan(META, index, IndexScanType.BY_GROUP, TupleRange.allOf(Tuple.from(team)));
        assertThat(entries).as("seed " + SEED).hasSize(1);
        return entries.get(0).getValue().getLong(0);
    }

    @Test
    void value() {
        List<Long> expected =
                GAMES.values().stream()
                        .sorted(Comparator.comparingLong(Game::score).thenComparingLong(Game::id))
                        .map(Game::id)
                        .toList();
        assertThat(ids(store.scan(META, "by_score", IndexScanType.BY_VALUE, TupleRange.ALL)))
                .as("seed " + SEED)
                .isEqualTo(expected);
    }

    @Test
    void countAndSum() {
        for (String team : Games.TEAMS) {
            assertThat(aggregate("count", team)).isEqualTo(of(team).count());
            assertThat(aggregate("sum", team)).isEqualTo(of(team).mapToLong(Game::score).sum());
        }
    }

    @Test
    void minAndMaxEver() {
        EVER.forEach((team, scores) -> {
            long least = scores.stream().min(Long::compare).orElseThrow();
            long greatest = scores.stream().max(Long::compare).orElseThrow();
            assertThat(aggregate("min_long", team)).isEqualTo(least);
            assertThat(aggregate("min_tuple", team)).isEqualTo(least);
            assertThat(aggregate("max_long", team)).isEqualTo(greatest);
            assertThat(aggregate("max_tuple", team)).isEqualTo(greatest);
        });
    }

    @Test
    void rank() {
        List<Long> scores =
                new ArrayList<>(new TreeSet<>(GAMES.values().stream().map(Game::score).toList()));
        assertThat(scores).hasSizeGreaterThan(20);
        for (int rank = 0; rank < scores.size(); rank++) {
            long score = scores.get(rank);
            assertThat(
                            ids(
                                    store.scan(
                                            META,
                                            "rank",
                                            IndexScanType.BY_RANK,
                                            TupleRange.allOf(Tuple.from(rank)))))
                    .containsExactlyInAnyOrderElementsOf(
                            GAMES.values().stream()
                                    .filter(game -> game.score() == score)
                                    .map(Game::id)
                                    .toList());
        }
    }

    @Test
    void version() {
        assertThat(ids(store.scan(META, "version", IndexScanType.BY_VALUE, TupleRange.ALL)))
                .containsExactlyElementsOf(GAMES.keySet());
    }

    @Test
    void maxEverVersion() {
        for (String team : Games.TEAMS) {
            List<IndexEntry> last =
                    store.scan(
                            META,
                            "last_version",
                            IndexScanType.BY_GROUP,
                            TupleRange.allOf(Tuple.from(team)));
            long newest = of(team).reduce((first, second) -> second).orElseThrow().id();
            Tuple version =
                    store.run(
                            META,
                            loaded ->
                                    Tuple.from(
                                            loaded.loadRecord(Tuple.from(newest))
                                                    .getVersion()
                                                    .toVersionstamp()));
            assertThat(last.get(0).getValue().compareTo(version)).isNotNegative();
        }
    }

    @Test
    void text() {
        for (String word : Games.WORDS) {
            assertThat(
                            ids(
                                    store.scan(
                                            META,
                                            "text",
                                            IndexScanType.BY_TEXT_TOKEN,
                                            TupleRange.allOf(Tuple.from(word)))))
                    .containsExactlyInAnyOrderElementsOf(
                            GAMES.values().stream()
                                    .filter(game -> game.text().contains(word))
                                    .map(Game::id)
                                    .toList());
        }
    }

    @Test
    void bitmap() {
        for (String team : Games.TEAMS) {
            List<Long> set = new ArrayList<>();
            for (IndexEntry entry :
                    store.scan(
                            META,
                            "bitmap",
                            IndexScanType.BY_GROUP,
                            TupleRange.allOf(Tuple.from(team)))) {
                byte[] bits = entry.getValue().getBytes(0);
                long first = entry.getKey().getLong(1);
                for (int bit = 0; bit < Games.BITMAP_BITS; bit++) {
                    if ((bits[bit / 8] & (1 << (bit % 8))) != 0) {
                        set.add(first + bit);
                    }
                }
            }
            assertThat(set).containsExactlyElementsOf(of(team).map(Game::id).sorted().toList());
        }
    }

    private static List<Tuple> permuted(String index, String team) {
        return store
                .scan(META, index, IndexScanType.BY_GROUP, TupleRange.allOf(Tuple.from(team)))
                .stream()
                .map(IndexEntry::getKey)
                .toList();
    }

    @Test
    void permutedMinAndMax() {
        for (String team : Games.TEAMS) {
            Map<Long, Long> least = new TreeMap<>();
            Map<Long, Long> greatest = new TreeMap<>();
            of(team).forEach(game -> {
                least.merge(game.x(), game.score(), Math::min);
                greatest.merge(game.x(), game.score(), Math::max);
            });
            assertThat(permuted("least", team)).containsExactlyElementsOf(byScore(team, least));
            assertThat(permuted("greatest", team))
                    .containsExactlyElementsOf(byScore(team, greatest));
        }
    }

    private static List<Tuple> byScore(String team, Map<Long, Long> scores) {
        return scores.entrySet().stream()
                .map(entry -> Tuple.from(team, entry.getValue(), entry.getKey()))
                .sorted()
                .toList();
    }

    @Test
    void multidimensional() {
        for (String team : Games.TEAMS) {
            MultidimensionalIndexScanBounds square =
                    new MultidimensionalIndexScanBounds(
                            TupleRange.allOf(Tuple.from(team)),
                            new MultidimensionalIndexScanBounds.Hypercube(
                                    List.of(
                                            TupleRange.betweenInclusive(
                                                    Tuple.from(2L), Tuple.from(6L)),
                                            TupleRange.betweenInclusive(
                                                    Tuple.from(3L), Tuple.from(8L)))),
                            TupleRange.ALL);
            List<IndexEntry> found =
                    store.run(
                            META,
                            opened ->
                                    opened.scanIndex(
                                                    META.getIndex("space"),
                                                    square,
                                                    null,
                                                    ScanProperties.FORWARD_SCAN)
                                            .asList()
                                            .join());
            assertThat(ids(found))
                    .containsExactlyInAnyOrderElementsOf(
                            of(team).filter(game -> game.x() >= 2 && game.x() <= 6)
                                    .filter(game -> game.y() >= 3 && game.y() <= 8)
                                    .map(Game::id)
                                    .toList());
        }
    }
}
