package dev.holdfast.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is taken of a {@code traceparent}, and what is not. */
class TraceTest {
    private static final String ID = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String PARENT = "00f067aa0ba902b7";

    @Test
    void theCallersTraceGoesOnInASpanOfOurOwn() {
        Trace trace = Trace.of("00-" + ID + "-" + PARENT + "-01");
        assertThat(trace.traceId()).isEqualTo(ID);
        assertThat(trace.parentId()).isEqualTo(PARENT);
        assertThat(trace.spanId()).matches("[0-9a-f]{16}").isNotEqualTo(PARENT);
        assertThat(Trace.of("cc-" + ID + "-" + PARENT + "-01-what.the.future.brings").traceId())
                .isEqualTo(ID);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "ff-" + ID + "-" + PARENT + "-01",
                "00-" + ID + "-" + PARENT + "-01-more",
                "00-00000000000000000000000000000000-" + PARENT + "-01",
                "00-" + ID + "-0000000000000000-01",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + PARENT + "-01",
                "00-" + ID + "-" + PARENT,
            })
    void whatIsMalformedIsIgnored(String header) {
        Trace trace = Trace.of(header);
        assertThat(trace.traceId()).matches("[0-9a-f]{32}").isNotEqualTo(ID);
        assertThat(trace.parentId()).isNull();
    }

    @Test
    void withoutAHeaderATraceBegins() {
        assertThat(Trace.of(null).traceId()).isNotEqualTo(Trace.of(null).traceId());
    }
}
