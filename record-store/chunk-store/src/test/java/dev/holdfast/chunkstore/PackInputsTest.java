package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.PackId;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Streams kept for reading: a limit on them, and none closed under a reader. */
final class PackInputsTest {
    private static final int STREAMS_MAX = 4;

    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger opened = new AtomicInteger();
    private final SplittableRandom random = new SplittableRandom(3);

    /** Counts its open streams; a stream used after its end fails. */
    private final class CountedFiles implements PackFiles {
        @Override
        public Input open(PackId pack) {
            open.incrementAndGet();
            opened.incrementAndGet();
            return new Input() {
                private boolean closed;

                @Override
                public long length() {
                    return 1_000;
                }

                @Override
                public synchronized void read(long position, byte[] to, int from, int length)
                        throws IOException {
                    if (closed) {
                        throw new IOException("read after close");
                    }
                }

                @Override
                public synchronized void close() throws IOException {
                    if (closed) {
                        throw new IOException("closed twice");
                    }
                    closed = true;
                    open.decrementAndGet();
                }
            };
        }

        @Override
        public void requireWritable() {}

        @Override
        public Output create(PackId pack) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<Input> replicas(PackId pack, Consumer<IOException> onBad) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long recover(PackId pack, Duration waitMax) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void list(Consumer<PackFile> each) {}

        @Override
        public boolean full() {
            return false;
        }

        @Override
        public void close() {}
    }

    private static void read(PackInputs.Use use) throws IOException {
        use.input().read(0, new byte[10], 0, 10);
    }

    @Test
    void noMoreStreamsAreKeptThanTheLimit() throws Exception {
        PackInputs inputs = new PackInputs(new CountedFiles(), STREAMS_MAX);
        for (int index = 0; index < 100; index++) {
            try (PackInputs.Use use = inputs.use(PackId.random(random), 500)) {
                read(use);
            }
            assertThat(open.get()).isLessThanOrEqualTo(STREAMS_MAX);
            assertThat(inputs.size()).isLessThanOrEqualTo(STREAMS_MAX);
        }
        inputs.close();
        assertThat(open.get()).isZero();
    }

    @Test
    void aStreamInUseOutlivesItsPlaceAndIsClosedByItsLastUser() throws Exception {
        PackInputs inputs = new PackInputs(new CountedFiles(), STREAMS_MAX);
        List<PackInputs.Use> uses = new ArrayList<>();
        for (int index = 0; index < 10; index++) {
            uses.add(inputs.use(PackId.random(random), 500));
        }
        assertThat(open.get()).isEqualTo(10);
        for (PackInputs.Use use : uses) {
            read(use);
            use.close();
        }
        assertThat(open.get()).isEqualTo(STREAMS_MAX);
        inputs.close();
        assertThat(open.get()).isZero();
    }

    @Test
    void theLeastRecentlyUsedStreamGoesAndAShortOneIsReplaced() throws Exception {
        PackInputs inputs = new PackInputs(new CountedFiles(), STREAMS_MAX);
        PackId popular = PackId.random(random);
        inputs.use(popular, 500).close();
        for (int index = 0; index < 20; index++) {
            inputs.use(PackId.random(random), 500).close();
            inputs.use(popular, 500).close();
        }
        assertThat(opened.get()).isEqualTo(21);
        // The pack has grown past what the stream knew when it was opened.
        inputs.use(popular, 1_001).close();
        assertThat(opened.get()).isEqualTo(22);
        assertThat(open.get()).isLessThanOrEqualTo(STREAMS_MAX);
        inputs.close();
        assertThat(open.get()).isZero();
    }
}
