package dev.holdfast.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.apple.foundationdb.record.RecordMetaData;
import com.apple.foundationdb.record.RecordMetaDataOptionsProto;
import com.apple.foundationdb.record.RecordMetaDataProto;
import com.apple.foundationdb.record.metadata.MetaDataEvolutionValidator;
import com.google.protobuf.ExtensionRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * Every schema that was ever released is kept, and the present one must be a legal successor of
 * each: a field that changes its type or an index that changes its key would make stored data
 * unreadable.
 *
 * <p>After a deliberate change raise that store's version in {@link Schema}, run this test once
 * with {@code -Dholdfast.schema.write=true}, and commit the file it wrote.
 */
class SchemaHistoryTest {
    private static final Path HISTORY = Path.of("src/test/resources/schema");

    @Test
    void thePresentSchemaFollowsAllThatWereReleased() throws IOException {
        follows("metadata", Schema.METADATA_VERSION, Schema.metadata());
        follows("chunks", Schema.CHUNKS_VERSION, Schema.chunks());
    }

    private static void follows(String store, int current, RecordMetaData present)
            throws IOException {
        Path newest = HISTORY.resolve(store + "-" + current + ".binpb");
        if (Boolean.getBoolean("holdfast.schema.write")) {
            Files.createDirectories(HISTORY);
            Files.write(newest, present.toProto().toByteArray());
        }
        assertThat(newest)
                .as("the schema of version " + current + " is kept; see this class")
                .exists();
        for (int version = 1; version <= current; version++) {
            RecordMetaData old = read(HISTORY.resolve(store + "-" + version + ".binpb"));
            if (version == current) {
                assertThat(present.toProto())
                        .as("a changed schema needs a higher version; see this class")
                        .isEqualTo(old.toProto());
            } else {
                assertThatCode(() ->
                                MetaDataEvolutionValidator.getDefaultInstance()
                                        .validate(old, present))
                        .as("from version " + version)
                        .doesNotThrowAnyException();
            }
        }
    }

    private static RecordMetaData read(Path file) throws IOException {
        ExtensionRegistry options = ExtensionRegistry.newInstance();
        RecordMetaDataOptionsProto.registerAllExtensions(options);
        return RecordMetaData.build(
                RecordMetaDataProto.MetaData.parseFrom(Files.readAllBytes(file), options));
    }
}
