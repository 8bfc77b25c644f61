package dev.holdfast.embeddedfdb.bindingtester;

import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.MutationType;
import com.apple.foundationdb.StreamingMode;
import com.apple.foundationdb.tuple.ByteArrayUtil;
import com.apple.foundationdb.tuple.Tuple;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Executes the instructions stored under one prefix, in order. The instructions that touch the
 * database are here; {@link MachineStack} has the stack and {@link TupleInstructions} what works on
 * it alone. One addition to the published set: {@code TRANSACTION_OPTION} pops the name of a {@link
 * Target.Option} and sets it.
 */
final class StackMachine implements Runnable {
    private static final int LOGGED_AT_ONCE = 100;
    private static final int LOGGED_BYTES_MAX = 40_000;
    private static final int CONFLICT = 1020;

    private final Target target;
    private final Map<String, Target.Session> sessions;
    private final byte[] prefix;
    private final MachineStack stack = new MachineStack();
    private final List<Thread> started = new ArrayList<>();
    private String current;
    private int executed;
    private @Nullable Long lastVersion;

    StackMachine(Target target, byte[] prefix) {
        this(target, prefix, new ConcurrentHashMap<>());
    }

    private StackMachine(
            Target target, byte[] prefix, ConcurrentHashMap<String, Target.Session> sessions) {
        this.target = target;
        this.prefix = prefix;
        this.sessions = sessions;
        current = ByteArrayUtil.printable(prefix);
        replace(target.begin());
    }

    /** How many instructions were executed. */
    int executed() {
        return executed;
    }

    @Override
    public void run() {
        byte[] begin = Tuple.from((Object) prefix).range().begin;
        byte[] end = Tuple.from((Object) prefix).range().end;
        Target.Query all =
                new Target.Query(
                        KeySelector.firstGreaterOrEqual(begin),
                        KeySelector.firstGreaterOrEqual(end),
                        0,
                        false,
                        StreamingMode.WANT_ALL,
                        true);
        for (KeyValue row : target.run(session -> session.getRange(all))) {
            execute(Tuple.fromBytes(row.getValue()));
            executed++;
        }
        for (Thread thread : started) {
            join(thread);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    /** Ends the transactions that are still open. */
    void close() {
        sessions.values().forEach(Target.Session::close);
    }

    private Target.Session session() {
        Target.Session session = sessions.get(current);
        if (session == null) {
            throw new IllegalStateException("no transaction " + current);
        }
        return session;
    }

    private void replace(Target.Session session) {
        Target.Session old = sessions.put(current, session);
        if (old != null) {
            old.close();
        }
    }

    private void push(Object item) {
        stack.push(executed, item);
    }

    private void push(String text) {
        push(Errors.ascii(text));
    }

    private void execute(Tuple instruction) {
        String name = instruction.getString(0);
        try {
            if (name.equals("PUSH")) {
                stack.push(executed, instruction.get(1));
            } else if (!stack.execute(name)
                    && !TupleInstructions.execute(name, stack, executed)
                    && !control(name)
                    && !onTransaction(name)) {
                onDatabase(name);
            }
        } catch (RuntimeException failure) {
            push(Errors.packed(failure));
        }
    }

    /** Transactions, threads and the log. */
    private boolean control(String name) {
        switch (name) {
            case "NEW_TRANSACTION", "RESET" -> replace(target.begin());
            case "USE_TRANSACTION" -> {
                current = ByteArrayUtil.printable(stack.popBytes());
                sessions.computeIfAbsent(current, absent -> target.begin());
            }
            case "TRANSACTION_OPTION" -> session().option(Target.Option.valueOf(stack.popText()));
            case "DISABLE_WRITE_CONFLICT" ->
                    session().option(Target.Option.NEXT_WRITE_NO_WRITE_CONFLICT_RANGE);
            case "START_THREAD" -> {
                StackMachine machine =
                        new StackMachine(
                                target,
                                stack.popBytes(),
                                (ConcurrentHashMap<String, Target.Session>) sessions);
                started.add(Thread.ofPlatform().start(machine));
            }
            case "WAIT_EMPTY" -> {
                waitEmpty(stack.popBytes());
                push("WAITED_FOR_EMPTY");
            }
            case "LOG_STACK" -> logStack(stack.popBytes());
            default -> {
                return false;
            }
        }
        return true;
    }

    private void waitEmpty(byte[] waited) {
        Target.Query query = rangeOf(waited, 0, false, StreamingMode.WANT_ALL, false);
        target.run(session -> {
            if (!session.getRange(query).isEmpty()) {
                throw new ModelError(CONFLICT);
            }
            return true;
        });
    }

    private void logStack(byte[] logPrefix) {
        List<MachineStack.Entry> entries = stack.takeAll();
        for (int from = 0; from < entries.size(); from += LOGGED_AT_ONCE) {
            int first = from;
            int last = Math.min(entries.size(), from + LOGGED_AT_ONCE);
            target.run(session -> {
                for (int index = first; index < last; index++) {
                    MachineStack.Entry entry = entries.get(index);
                    byte[] item = Tuple.from(MachineStack.settle(entry.value())).pack();
                    session.set(
                            ByteArrayUtil.join(
                                    logPrefix, Tuple.from(index, entry.instruction()).pack()),
                            Arrays.copyOf(item, Math.min(item.length, LOGGED_BYTES_MAX)));
                }
                return true;
            });
        }
    }

    /** What only an open transaction can do. */
    private boolean onTransaction(String name) {
        switch (name) {
            case "ON_ERROR" -> onError(stack.popInt());
            case "GET_READ_VERSION", "GET_READ_VERSION_SNAPSHOT" -> {
                lastVersion = session().readVersion();
                push("GOT_READ_VERSION");
            }
            case "SET_READ_VERSION" -> {
                Long version = lastVersion;
                if (version == null) {
                    throw new IllegalStateException("no version has been read");
                }
                session().setReadVersion(version);
            }
            case "GET_COMMITTED_VERSION" -> {
                lastVersion = session().committedVersion();
                push("GOT_COMMITTED_VERSION");
            }
            case "GET_APPROXIMATE_SIZE" -> {
                session().approximateSize();
                push("GOT_APPROXIMATE_SIZE");
            }
            case "GET_VERSIONSTAMP" -> push(session().versionstamp());
            case "COMMIT" -> push(session().commit());
            case "CANCEL" -> session().cancel();
            case "READ_CONFLICT_RANGE" -> {
                session().addReadConflict(stack.popBytes(), stack.popBytes());
                push("SET_CONFLICT_RANGE");
            }
            case "WRITE_CONFLICT_RANGE" -> {
                session().addWriteConflict(stack.popBytes(), stack.popBytes());
                push("SET_CONFLICT_RANGE");
            }
            case "READ_CONFLICT_KEY" -> {
                byte[] key = stack.popBytes();
                session().addReadConflict(key, Arrays.copyOf(key, key.length + 1));
                push("SET_CONFLICT_KEY");
            }
            case "WRITE_CONFLICT_KEY" -> {
                byte[] key = stack.popBytes();
                session().addWriteConflict(key, Arrays.copyOf(key, key.length + 1));
                push("SET_CONFLICT_KEY");
            }
            case "GET_ESTIMATED_RANGE_SIZE" -> {
                session().estimatedRangeSize(stack.popBytes(), stack.popBytes());
                push("GOT_ESTIMATED_RANGE_SIZE");
            }
            case "GET_RANGE_SPLIT_POINTS" -> {
                session().rangeSplitPoints(stack.popBytes(), stack.popBytes(), stack.popInt());
                push("GOT_RANGE_SPLIT_POINTS");
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    /** As the Java binding's transactions cannot be used after a refusal, a new one takes over. */
    private void onError(int code) {
        Target.Session failed = session();
        try {
            sessions.put(current, failed.onError(code));
        } catch (RuntimeException refused) {
            failed.close();
            sessions.put(current, target.begin());
            throw refused;
        }
        push(CompletableFuture.completedFuture(null));
    }

    /** Reads and writes, which also come as _SNAPSHOT and as _DATABASE. */
    private void onDatabase(String full) {
        boolean database = full.endsWith("_DATABASE");
        boolean snapshot = full.endsWith("_SNAPSHOT");
        String name = full.replaceAll("_DATABASE$|_SNAPSHOT$", "");
        switch (name) {
            case "GET" -> {
                byte[] key = stack.popBytes();
                push(
                        database
                                ? target.run(session -> settledGet(session, key))
                                : session().get(key, snapshot));
            }
            case "GET_KEY" -> {
                KeySelector selector = stack.popSelector();
                byte[] wanted = stack.popBytes();
                push(within(wanted, on(database, s -> s.getKey(selector, snapshot))));
            }
            case "GET_RANGE" -> {
                byte[] begin = stack.popBytes();
                byte[] end = stack.popBytes();
                range(
                        database,
                        new Target.Query(
                                KeySelector.firstGreaterOrEqual(begin),
                                KeySelector.firstGreaterOrEqual(end),
                                stack.popInt(),
                                stack.popInt() != 0,
                                stack.popMode(),
                                snapshot),
                        new byte[0]);
            }
            case "GET_RANGE_STARTS_WITH" -> {
                byte[] start = stack.popBytes();
                range(
                        database,
                        rangeOf(
                                start,
                                stack.popInt(),
                                stack.popInt() != 0,
                                stack.popMode(),
                                snapshot),
                        new byte[0]);
            }
            case "GET_RANGE_SELECTOR" -> {
                Target.Query query =
                        new Target.Query(
                                stack.popSelector(),
                                stack.popSelector(),
                                stack.popInt(),
                                stack.popInt() != 0,
                                stack.popMode(),
                                snapshot);
                range(database, query, stack.popBytes());
            }
            default -> write(name, database);
        }
    }

    private static Object settledGet(Target.Session session, byte[] key) {
        byte[] value = session.get(key, false).join();
        return value == null ? MachineStack.nothing() : value;
    }

    private void write(String name, boolean database) {
        switch (name) {
            case "SET" -> {
                byte[] key = stack.popBytes();
                byte[] value = stack.popBytes();
                change(database, session -> session.set(key, value));
            }
            case "CLEAR" -> {
                byte[] key = stack.popBytes();
                change(database, session -> session.clear(key));
            }
            case "CLEAR_RANGE" -> {
                byte[] begin = stack.popBytes();
                byte[] end = stack.popBytes();
                change(database, session -> session.clear(begin, end));
            }
            case "CLEAR_RANGE_STARTS_WITH" -> {
                byte[] start = stack.popBytes();
                change(database, session -> session.clear(start, ByteArrayUtil.strinc(start)));
            }
            case "ATOMIC_OP" -> {
                MutationType type = MutationType.valueOf(stack.popText());
                byte[] key = stack.popBytes();
                byte[] operand = stack.popBytes();
                change(database, session -> session.mutate(type, key, operand));
            }
            default -> throw new IllegalArgumentException("unknown instruction " + name);
        }
    }

    private interface Change {
        void on(Target.Session session);
    }

    private void change(boolean database, Change change) {
        if (database) {
            target.run(session -> {
                change.on(session);
                return true;
            });
            push(MachineStack.nothing());
        } else {
            change.on(session());
        }
    }

    private <T> T on(boolean database, Function<Target.Session, T> read) {
        return database ? target.run(read) : read.apply(session());
    }

    private static Target.Query rangeOf(
            byte[] start, int limit, boolean reverse, StreamingMode mode, boolean snapshot) {
        return new Target.Query(
                KeySelector.firstGreaterOrEqual(start),
                KeySelector.firstGreaterOrEqual(ByteArrayUtil.strinc(start)),
                limit,
                reverse,
                mode,
                snapshot);
    }

    private void range(boolean database, Target.Query query, byte[] wanted) {
        List<Object> items = new ArrayList<>();
        for (KeyValue row : on(database, session -> session.getRange(query))) {
            if (ByteArrayUtil.startsWith(row.getKey(), wanted)) {
                items.add(row.getKey());
                items.add(row.getValue());
            }
        }
        push(Tuple.fromList(items).pack());
    }

    private static byte[] within(byte[] wanted, byte[] key) {
        if (ByteArrayUtil.startsWith(key, wanted)) {
            return key;
        }
        return Arrays.compareUnsigned(key, wanted) < 0 ? wanted : ByteArrayUtil.strinc(wanted);
    }
}
