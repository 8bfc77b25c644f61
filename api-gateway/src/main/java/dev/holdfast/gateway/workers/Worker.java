package dev.holdfast.gateway.workers;

import dev.holdfast.gateway.http.Route;
import io.prometheus.client.CollectorRegistry;
import java.util.List;

/** One kind of background work of a process. */
public interface Worker extends AutoCloseable {
    /** What an operator can ask of it; the routes work whether it was started or not. */
    List<Route> routes();

    /** Registers what it measures; once. */
    void register(CollectorRegistry registry);

    /** Begins to work. A process that only serves does not call it. */
    void start();

    /** Ends between two steps, within a limit; what is not done goes on elsewhere or later. */
    @Override
    void close();
}
