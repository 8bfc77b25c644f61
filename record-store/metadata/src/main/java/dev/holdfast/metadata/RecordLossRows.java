package dev.holdfast.metadata;

import dev.holdfast.metadata.schema.ChunkRecords.Chunk;
import dev.holdfast.metadata.schema.ChunkRecords.ChunkState;
import dev.holdfast.model.Sha256;
import java.util.Optional;

/**
 * {@link LossRows} in records: compare and set on a chunk's location and generation. The generation
 * that a call writes is chosen once for all its tries, so that one which follows an unknown commit
 * finds its own work.
 */
final class RecordLossRows implements LossRows {
    private final RecordDatabase database;
    private final MetadataConfig config;

    RecordLossRows(RecordDatabase database, MetadataConfig config) {
        this.database = database;
        this.config = config;
    }

    @Override
    public boolean lose(Sha256 hash, ChunkLocation location) {
        return set(hash, location, false, ChunkState.LOST);
    }

    @Override
    public boolean found(Sha256 hash, ChunkLocation location) {
        return set(hash, location, true, ChunkState.LIVE);
    }

    private boolean set(Sha256 hash, ChunkLocation location, boolean lost, ChunkState to) {
        long generation = config.random().nextLong();
        return database.write(transaction -> {
            Optional<Chunk> found = transaction.get(Chunk.class, Schema.Type.CHUNK, Bytes.of(hash));
            if (found.filter(c -> c.getGeneration() == generation).isPresent()) {
                return true;
            }
            Optional<Chunk> row =
                    found.filter(c -> RecordChunkRows.location(c).equals(location))
                            .filter(c -> (c.getState() == ChunkState.LOST) == lost);
            row.ifPresent(chunk -> {
                long now = config.clock().millis();
                Chunk.Builder changed =
                        chunk.toBuilder()
                                .setState(to)
                                .setGeneration(generation)
                                .setSinceMillis(now)
                                .clearLostAtMillis();
                if (to == ChunkState.LOST) {
                    changed.addLostAtMillis(now);
                    RecordWanted.ask(transaction, chunk, now);
                }
                transaction.join(transaction.save(Schema.Type.CHUNK, changed.build()));
            });
            return row.isPresent();
        });
    }
}
