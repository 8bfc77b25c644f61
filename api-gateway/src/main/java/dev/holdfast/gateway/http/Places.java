package dev.holdfast.gateway.http;

import java.util.concurrent.Semaphore;

/** How many requests of a kind are served at once; who finds no place is refused at once. */
interface Places {
    boolean tryAcquire();

    /**
     * Gives a place back.
     *
     * @param nanos how long it was held
     * @param overloaded the request failed because what is below the gateway could not keep up
     */
    void release(long nanos, boolean overloaded);

    /** Always so many. */
    static Places fixed(int count) {
        Semaphore places = new Semaphore(count);
        return new Places() {
            @Override
            public boolean tryAcquire() {
                return places.tryAcquire();
            }

            @Override
            public void release(long nanos, boolean overloaded) {
                places.release();
            }
        };
    }
}
