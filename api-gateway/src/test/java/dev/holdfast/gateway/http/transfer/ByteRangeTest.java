package dev.holdfast.gateway.http.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.gateway.http.ProblemException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteRangeTest {
    private static final long SIZE = 1_000;

    @ParameterizedTest
    @CsvSource({
        "bytes=0-0,0,1",
        "bytes=0-999,0,1000",
        "bytes=0-,0,1000",
        "bytes=999-,999,1000",
        "bytes=10-19,10,20",
        "bytes=10-99999999999999999999,10,1000",
        "bytes=-1,999,1000",
        "bytes=-5000,0,1000",
    })
    void readsOneRange(String header, long from, long to) {
        assertThat(ByteRange.parse(header, SIZE)).isEqualTo(new ByteRange(from, to));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "bytes",
                "bytes=",
                "bytes=-",
                "bytes=a-b",
                "bytes=5-4",
                "bytes=0-1,3-4",
                "lines=0-1",
                "bytes=0-1x",
                "bytes=--1"
            })
    void whatIsNoRangeAsksForTheWhole(String header) {
        assertThat(ByteRange.parse(header, SIZE)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"bytes=1000-", "bytes=1000-1001", "bytes=-0", "bytes=99999999999999999999-"})
    void aRangeWithoutAByteIsRefused(String header) {
        assertThatThrownBy(() -> ByteRange.parse(header, SIZE))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("range-not-satisfiable");
    }

    @Test
    void anEmptyFileHasNoRange() {
        assertThat(ByteRange.parse(null, 0)).isNull();
        assertThatThrownBy(() -> ByteRange.parse("bytes=0-0", 0))
                .isInstanceOf(ProblemException.class);
        assertThatThrownBy(() -> ByteRange.parse("bytes=-1", 0))
                .isInstanceOf(ProblemException.class);
    }
}
