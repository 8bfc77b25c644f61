package dev.holdfast.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.wire.ChunkRef;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ContentHashTest {
    private static final Sha256 ABC = Sha256.hash("abc".getBytes(StandardCharsets.UTF_8));

    @Test
    void emptyContentHasTheHashOfNothing() {
        assertThat(ContentHash.of(List.of())).isEqualTo(Sha256.hash(new byte[0]));
    }

    @Test
    void hashesTheHashAndTheBigEndianLength() {
        byte[] entry = new byte[36];
        System.arraycopy(ABC.toBytes(), 0, entry, 0, 32);
        entry[35] = 3;
        assertThat(ContentHash.of(List.of(new ChunkRef(ABC, 3)))).isEqualTo(Sha256.hash(entry));
    }

    @Test
    void orderCountsAndAFinishedHashStartsAgain() {
        ChunkRef one = new ChunkRef(ABC, 3);
        ChunkRef two = new ChunkRef(ABC, 4);
        assertThat(ContentHash.of(List.of(one, two)))
                .isNotEqualTo(ContentHash.of(List.of(two, one)));
        ContentHash hash = new ContentHash();
        hash.add(one);
        Sha256 first = hash.finish();
        hash.add(one);
        assertThat(hash.finish()).isEqualTo(first);
    }
}
