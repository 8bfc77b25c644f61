package dev.holdfast.embeddedfdb.junit;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.record.provider.foundationdb.FDBDatabase;
import dev.holdfast.embeddedfdb.EmbeddedDatabase;
import dev.holdfast.embeddedfdb.EmbeddedFdbDatabaseFactory;
import dev.holdfast.embeddedfdb.EmbeddedFoundationDb;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives each test a fresh database in memory, as the binding's {@link Database}, as {@link
 * EmbeddedDatabase} or as the Record Layer's {@link FDBDatabase}; all parameters of one test are
 * the same database, and it is closed after the test.
 *
 * <pre>{@code
 * @ExtendWith(EmbeddedFdbExtension.class)
 * final class CounterTest {
 *     @Test
 *     void counts(Database database) { ... }
 * }
 * }</pre>
 */
public final class EmbeddedFdbExtension implements ParameterResolver {
    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(EmbeddedFdbExtension.class);

    /** For JUnit. */
    public EmbeddedFdbExtension() {}

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext test) {
        Class<?> type = parameter.getParameter().getType();
        return type == Database.class
                || type == EmbeddedDatabase.class
                || type == FDBDatabase.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext test) {
        Opened opened =
                test.getStore(NAMESPACE)
                        .getOrComputeIfAbsent(Opened.class, key -> new Opened(), Opened.class);
        return parameter.getParameter().getType() == FDBDatabase.class
                ? opened.records
                : opened.database;
    }

    /** Closed by JUnit with the test's store. */
    private static final class Opened implements AutoCloseable {
        private final EmbeddedDatabase database = EmbeddedFoundationDb.inMemory();
        private final FDBDatabase records = new EmbeddedFdbDatabaseFactory(database).getDatabase();

        @Override
        public void close() {
            database.close();
        }
    }
}
