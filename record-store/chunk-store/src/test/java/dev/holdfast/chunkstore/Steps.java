package dev.holdfast.chunkstore;

import dev.holdfast.metadata.ChunkRows;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Files and rows as one process sees them, with every call that changes something announced just
 * before it is made: these are the steps between which others may act, or the process may die.
 */
final class Steps {
    private static final Set<String> READS =
            Set.of("open", "replicas", "list", "full", "locate", "toString");

    private Steps() {}

    static PackFiles files(PackFiles inner, Consumer<String> before) {
        return announced(PackFiles.class, inner, before);
    }

    static ChunkRows rows(ChunkRows inner, Consumer<String> before) {
        return announced(ChunkRows.class, inner, before);
    }

    static <T> T announced(Class<T> type, T inner, Consumer<String> before) {
        return type.cast(
                Proxy.newProxyInstance(
                        type.getClassLoader(),
                        new Class<?>[] {type},
                        (proxy, method, arguments) -> {
                            String name = method.getName();
                            if (!READS.contains(name)
                                    && !(name.equals("close") && inner instanceof PackFiles)) {
                                before.accept(name);
                            }
                            Object answer;
                            try {
                                answer = method.invoke(inner, arguments);
                            } catch (InvocationTargetException e) {
                                throw e.getCause();
                            }
                            return answer instanceof PackFiles.Output out
                                    ? announced(PackFiles.Output.class, out, before)
                                    : answer;
                        }));
    }
}
