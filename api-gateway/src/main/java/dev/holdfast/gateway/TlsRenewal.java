package dev.holdfast.gateway;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks now and then whether the TLS files were renewed, and takes them up without a restart. */
public final class TlsRenewal implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TlsRenewal.class);

    private final PemTls tls;
    private final Duration period;
    private final CountDownLatch stop = new CountDownLatch(1);

    public TlsRenewal(PemTls tls, Duration period) {
        this.tls = tls;
        this.period = period;
        Thread.ofPlatform().name("tls-renewal").daemon().start(this::run);
    }

    private void run() {
        try {
            while (!stop.await(period.toMillis(), TimeUnit.MILLISECONDS)) {
                look();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void look() {
        try {
            if (tls.renew()) {
                LOG.info("the TLS files have changed; new connections get the new certificate");
            }
        } catch (StartupException e) {
            LOG.warn("the renewed TLS files are not used, the old ones stay: {}", e.getMessage());
        }
    }

    @Override
    public void close() {
        stop.countDown();
    }
}
