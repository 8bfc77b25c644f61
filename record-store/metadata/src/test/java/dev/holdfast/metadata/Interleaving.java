package dev.holdfast.metadata;

import com.apple.foundationdb.Database;
import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.Range;
import com.apple.foundationdb.ReadTransaction;
import com.apple.foundationdb.Transaction;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A database on which named actors take turns: each stops before a transaction begins and before it
 * commits, and goes on when the test says so. All reads of a transaction are made at the version at
 * which it began, so that no other order of steps could make a difference.
 *
 * <p>Reads of an actor below chosen keys can be weakened to snapshot reads, to see that a test
 * notices.
 */
final class Interleaving {
    private static final long STEP_MILLIS_MAX = 20_000;
    private static final Set<String> READS = Set.of("get", "getRange", "getKey");

    /** An actor's reads below any of the keys are made at snapshot. */
    record Weak(String actor, List<byte[]> below) {}

    private static final ThreadLocal<@Nullable Actor> acting = new ThreadLocal<>();

    private final Database inner;
    private final Object lock = new Object();
    private final List<Weak> weak = new ArrayList<>();

    Interleaving(Database inner) {
        this.inner = inner;
    }

    private static final class Actor {
        private final String name;
        private final Thread thread;
        private @Nullable CompletableFuture<Void> waiting;
        private boolean done;
        private @Nullable Throwable failure;

        Actor(String name, Thread thread) {
            this.name = name;
            this.thread = thread;
        }
    }

    Database database() {
        return proxy(
                Database.class,
                (proxy, method, arguments) -> {
                    @Nullable Actor actor = acting.get();
                    if (!method.getName().equals("createTransaction") || actor == null) {
                        return call(inner, method, arguments);
                    }
                    park(actor).join();
                    return transaction((Transaction) call(inner, method, arguments), actor);
                });
    }

    private Transaction transaction(Transaction real, Actor actor) {
        return proxy(
                Transaction.class,
                (proxy, method, arguments) -> {
                    if (method.getName().equals("commit")) {
                        return park(actor).thenCompose(turn -> real.commit());
                    }
                    boolean snapshot =
                            READS.contains(method.getName()) && weakened(actor, arguments[0]);
                    return call(
                            snapshot ? real.snapshot() : real,
                            snapshot ? ofReads(method) : method,
                            arguments);
                });
    }

    private static Method ofReads(Method method) throws NoSuchMethodException {
        return ReadTransaction.class.getMethod(method.getName(), method.getParameterTypes());
    }

    private boolean weakened(Actor actor, Object from) {
        byte[] key =
                switch (from) {
                    case byte[] bytes -> bytes;
                    case KeySelector selector -> selector.getKey();
                    case Range range -> range.begin;
                    default -> throw new AssertionError("a read from " + from);
                };
        return weak.stream()
                .filter(w -> w.actor().equals(actor.name))
                .flatMap(w -> w.below().stream())
                .anyMatch(below ->
                        key.length >= below.length
                                && Arrays.equals(key, 0, below.length, below, 0, below.length));
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static Object call(Object target, Method method, Object @Nullable [] arguments)
            throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private CompletableFuture<Void> park(Actor actor) {
        synchronized (lock) {
            CompletableFuture<Void> turn = new CompletableFuture<>();
            actor.waiting = turn;
            lock.notifyAll();
            return turn;
        }
    }

    /** What a run came to: how many could go on at each step, and who did. */
    record Trace(List<Integer> enabled, List<Integer> chosen, List<String> steps) {
        /** The choices of the next run in depth-first order; null after the last. */
        @Nullable List<Integer> next() {
            for (int step = chosen.size() - 1; step >= 0; step--) {
                if (chosen.get(step) + 1 < enabled.get(step)) {
                    List<Integer> next = new ArrayList<>(chosen.subList(0, step));
                    next.add(chosen.get(step) + 1);
                    return next;
                }
            }
            return null;
        }
    }

    /** Runs the actors once; where the choices end, the first that can goes on. */
    Trace run(Map<String, Runnable> bodies, List<Integer> choices, List<Weak> weakened)
            throws InterruptedException {
        weak.clear();
        weak.addAll(weakened);
        Map<String, Actor> actors = new LinkedHashMap<>();
        bodies.forEach((name, body) -> actors.put(name, start(name, body)));
        Trace trace = new Trace(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        while (true) {
            List<Actor> ready = awaitAll(actors);
            if (ready.isEmpty()) {
                break;
            }
            int step = trace.chosen().size();
            int choice = step < choices.size() ? choices.get(step) : 0;
            Actor actor = ready.get(choice);
            trace.enabled().add(ready.size());
            trace.chosen().add(choice);
            trace.steps().add(actor.name);
            release(actor);
        }
        for (Actor actor : actors.values()) {
            actor.thread.join();
            if (actor.failure != null) {
                throw new AssertionError(
                        actor.name + " failed after " + trace.steps(), actor.failure);
            }
        }
        return trace;
    }

    private Actor start(String name, Runnable body) {
        CompletableFuture<Actor> self = new CompletableFuture<>();
        Thread thread =
                Thread.ofPlatform()
                        .name(name)
                        .unstarted(() -> {
                            Actor actor = self.join();
                            acting.set(actor);
                            try {
                                body.run();
                            } catch (RuntimeException | Error e) {
                                actor.failure = e;
                            } finally {
                                synchronized (lock) {
                                    actor.done = true;
                                    lock.notifyAll();
                                }
                            }
                        });
        Actor actor = new Actor(name, thread);
        self.complete(actor);
        thread.start();
        return actor;
    }

    private List<Actor> awaitAll(Map<String, Actor> actors) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(STEP_MILLIS_MAX);
        synchronized (lock) {
            while (actors.values().stream().anyMatch(a -> !a.done && a.waiting == null)) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    throw new AssertionError("an actor neither waits nor ends");
                }
                lock.wait(left);
            }
            return actors.values().stream().filter(a -> !a.done).toList();
        }
    }

    private void release(Actor actor) {
        CompletableFuture<Void> turn;
        synchronized (lock) {
            turn = java.util.Objects.requireNonNull(actor.waiting);
            actor.waiting = null;
        }
        turn.complete(null);
    }
}
