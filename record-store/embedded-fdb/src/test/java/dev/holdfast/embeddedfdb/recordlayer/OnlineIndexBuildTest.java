package dev.holdfast.embeddedfdb.recordlayer;

import static org.assertj.core.api.Assertions.assertThat;

import com.apple.foundationdb.record.IndexEntry;
import com.apple.foundationdb.record.IndexScanType;
import com.apple.foundationdb.record.RecordMetaData;
import com.apple.foundationdb.record.RecordMetaDataBuilder;
import com.apple.foundationdb.record.TupleRange;
import com.apple.foundationdb.record.metadata.Index;
import com.apple.foundationdb.record.metadata.IndexTypes;
import com.apple.foundationdb.record.metadata.Key.Expressions;
import com.apple.foundationdb.record.provider.foundationdb.OnlineIndexer;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.embeddedfdb.recordlayer.Games.Game;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Indexes built online while other threads save and delete records, none of which may be lost. */
final class OnlineIndexBuildTest {
    private static final int RECORDS = 300;
    private static final int WRITERS = 3;
    private static final int BATCH = 20;

    private static RecordMetaData withBuilt() {
        RecordMetaDataBuilder builder = Games.builder(Games.FIRST);
        builder.addIndex("Game", Games.byScore());
        builder.addIndex(
                "Game",
                new Index(
                        "count",
                        Expressions.empty().groupBy(Expressions.field("team")),
                        IndexTypes.COUNT));
        return builder.build();
    }

    /** Works on ids of its own until told to stop; returns how often it wrote. */
    private static int write(
            GameStore store,
            RecordMetaData metaData,
            int writer,
            Map<Long, Game> games,
            AtomicBoolean stop) {
        Random random = new Random(writer);
        int writes = 0;
        while (!stop.get() || writes < 20) {
            long id = (long) random.nextInt(RECORDS / WRITERS) * WRITERS + writer;
            if (random.nextInt(3) == 0) {
                store.delete(metaData, id);
                games.remove(id);
            } else {
                Game game = Game.random(random, id);
                store.save(metaData, game);
                games.put(id, game);
            }
            writes++;
        }
        return writes;
    }

    @Test
    void anIndexBuiltUnderWritesHoldsExactlyTheRecords() throws Exception {
        try (GameStore store = new GameStore();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            RecordMetaData before = Games.builder(Games.FIRST).build();
            Map<Long, Game> games = new ConcurrentHashMap<>();
            Random random = new Random(17);
            for (long id = 0; id < RECORDS; id++) {
                games.put(id, Game.random(random, id));
            }
            store.run(
                    before,
                    opened -> {
                        games.values()
                                .forEach(game -> opened.saveRecord(game.message(Games.FIRST)));
                        return true;
                    });
            RecordMetaData after = withBuilt();
            store.run(
                    after,
                    opened ->
                            opened.clearAndMarkIndexWriteOnly("by_score")
                                    .thenCompose(done -> opened.clearAndMarkIndexWriteOnly("count"))
                                    .join());
            AtomicBoolean stop = new AtomicBoolean();
            List<Future<Integer>> writers = new ArrayList<>();
            for (int writer = 0; writer < WRITERS; writer++) {
                int number = writer;
                writers.add(threads.submit(() -> write(store, after, number, games, stop)));
            }
            try {
                build(store, after, "by_score");
                build(store, after, "count");
            } finally {
                stop.set(true);
            }
            for (Future<Integer> writer : writers) {
                assertThat(writer.get()).isGreaterThanOrEqualTo(20);
            }
            requireExact(store, after, games);
        }
    }

    private static void build(GameStore store, RecordMetaData metaData, String index) {
        try (OnlineIndexer indexer =
                OnlineIndexer.newBuilder()
                        .setDatabase(store.database())
                        .setMetaData(metaData)
                        .setSubspace(GameStore.SPACE)
                        .setIndex(index)
                        .setLimit(BATCH)
                        .setMaxRetries(1_000)
                        .build()) {
            indexer.buildIndex();
        }
        boolean readable = store.run(metaData, opened -> opened.isIndexReadable(index));
        assertThat(readable).isTrue();
    }

    private static void requireExact(
            GameStore store, RecordMetaData metaData, Map<Long, Game> games) {
        List<Tuple> expected =
                games.values().stream()
                        .sorted(Comparator.comparingLong(Game::score).thenComparingLong(Game::id))
                        .map(game -> Tuple.from(game.score(), game.id()))
                        .toList();
        assertThat(store.scan(metaData, "by_score", IndexScanType.BY_VALUE, TupleRange.ALL))
                .extracting(IndexEntry::getKey)
                .isEqualTo(expected);
        for (String team : Games.TEAMS) {
            assertThat(
                            store.scan(
                                            metaData,
                                            "count",
                                            IndexScanType.BY_GROUP,
                                            TupleRange.allOf(Tuple.from(team)))
                                    .get(0)
                                    .getValue()
                                    .getLong(0))
                    .isEqualTo(
                            games.values().stream()
                                    .filter(game -> game.team().equals(team))
                                    .count());
        }
    }
}
