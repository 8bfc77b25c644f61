package dev.holdfast.gateway.http;

import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1ConnectionListener;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Gives up on clients that send the first line of a request and then its headers by drips. */
final class HeaderGuard implements Http1ConnectionListener {
    private final StallGuard guard;
    private final Duration limit;
    private final ConcurrentMap<Thread, StallGuard.Watch> reading = new ConcurrentHashMap<>();

    HeaderGuard(StallGuard guard, Duration limit) {
        this.guard = guard;
        this.limit = limit;
    }

    @Override
    public void prologue(ConnectionContext context, HttpPrologue prologue) {
        Thread thread = Thread.currentThread();
        StallGuard.Watch watch = guard.watch(() -> reading.remove(thread));
        reading.put(thread, watch);
        watch.arm(limit);
    }

    @Override
    public void headers(ConnectionContext context, Headers headers) {
        StallGuard.Watch watch = reading.remove(Thread.currentThread());
        if (watch != null) {
            watch.close();
        }
    }
}
