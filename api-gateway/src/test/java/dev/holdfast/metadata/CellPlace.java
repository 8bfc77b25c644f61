package dev.holdfast.metadata;

import com.apple.foundationdb.Range;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import com.apple.foundationdb.tuple.Tuple;
import java.util.UUID;

/** A place of its own for a test's cell, in a database that others use, too; cleared at its end. */
public final class CellPlace implements AutoCloseable {
    private final FDBDatabase database;
    private final Tuple root = Tuple.from("holdfast-test", UUID.randomUUID().toString());

    public CellPlace(FDBDatabase database) {
        this.database = database;
    }

    /** Makes the cell. */
    public MetadataStore open(MetadataConfig config) {
        return MetadataStore.open(new RecordDatabase(database, null, root), config);
    }

    @Override
    public void close() {
        database.run(context -> {
            context.ensureActive().clear(Range.startsWith(root.pack()));
            return true;
        });
    }
}
