package dev.holdfast.sync.disk;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** {@code renameat2} of Linux. */
final class NativeRename implements AtomicRenames {
    private static final int NO_REPLACE = 1;
    private static final int EXCHANGE = 2;
    private static final int AT_FDCWD = -100;
    private static final int ENOENT = 2;
    private static final int EEXIST = 17;
    private static final int EINVAL = 22;
    private static final int ENOSYS = 38;

    private final MethodHandle call;
    private final VarHandle errno;
    private final StructLayout state;

    private NativeRename(MethodHandle call, StructLayout state) {
        this.call = call;
        this.state = state;
        this.errno = state.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    }

    /** Empty where the platform has no such call. */
    @SuppressWarnings("restricted")
    static Optional<AtomicRenames> load() {
        if (!System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("linux")) {
            return Optional.empty();
        }
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup()
                .find("renameat2")
                .map(symbol ->
                        new NativeRename(
                                linker.downcallHandle(
                                        symbol,
                                        FunctionDescriptor.of(
                                                ValueLayout.JAVA_INT,
                                                ValueLayout.JAVA_INT,
                                                ValueLayout.ADDRESS,
                                                ValueLayout.JAVA_INT,
                                                ValueLayout.ADDRESS,
                                                ValueLayout.JAVA_INT),
                                        Linker.Option.captureCallState("errno")),
                                Linker.Option.captureStateLayout()));
    }

    @Override
    public Outcome moveToFree(Path from, Path to) {
        return rename(from, to, NO_REPLACE);
    }

    @Override
    public Outcome exchange(Path one, Path other) {
        return rename(one, other, EXCHANGE);
    }

    private Outcome rename(Path from, Path to, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment captured = arena.allocate(state);
            MemorySegment source = arena.allocateFrom(from.toString(), StandardCharsets.UTF_8);
            MemorySegment target = arena.allocateFrom(to.toString(), StandardCharsets.UTF_8);
            int result =
                    (int) call.invokeExact(captured, AT_FDCWD, source, AT_FDCWD, target, flags);
            return result == 0 ? Outcome.DONE : outcome((int) errno.get(captured, 0L));
        } catch (Throwable e) {
            throw new IllegalStateException("renameat2 could not be called", e);
        }
    }

    private static Outcome outcome(int error) {
        return switch (error) {
            case ENOENT -> Outcome.MISSING;
            case EEXIST -> Outcome.TAKEN;
            case EINVAL, ENOSYS -> Outcome.UNSUPPORTED;
            default -> Outcome.FAILED;
        };
    }
}
