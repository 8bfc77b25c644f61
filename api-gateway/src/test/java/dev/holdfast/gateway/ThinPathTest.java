package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.frames.Frame;
import dev.holdfast.model.wire.ChangeKind;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.ChunkReadRequest;
import dev.holdfast.model.wire.NamespaceList;
import dev.holdfast.model.wire.NodeState;
import java.util.List;
import org.junit.jupiter.api.Test;

/** One file from one device through the server to another. */
class ThinPathTest {
    @Test
    void aFileTravelsFromOneDeviceToAnother() {
        try (TestServer server = new TestServer()) {
            TestDevice a = server.account("ada");
            TestDevice b = server.another("ada");
            byte[] first = a.randomBytes(300_000);
            byte[] second = a.randomBytes(70_000);
            ChangesPage before = b.changes("");
            assertThat(before.hasMore()).isFalse();

            NodeState node = a.file("letter.txt", first, second);

            assertThat(node.size()).isEqualTo(370_000);
            assertThat(node.chunkCount()).isEqualTo(2);
            ChangesPage page = b.changes("?cursor=" + before.cursor() + "&wait=5");
            assertThat(page.entries()).hasSize(1);
            assertThat(page.entries().getFirst().kind()).isEqualTo(ChangeKind.CREATED);
            assertThat(page.entries().getFirst().node()).isEqualTo(node);
            List<Frame> frames =
                    b.read(
                            new ChunkReadRequest(
                                    List.of(
                                            new ChunkReadRequest.Address(node.node(), 1, 0),
                                            new ChunkReadRequest.Address(node.node(), 1, 1))));
            assertThat(frames).hasSize(2);
            assertThat(((Frame.Chunk) frames.get(0)).stored().array()).isEqualTo(first);
            assertThat(((Frame.Chunk) frames.get(1)).stored().array()).isEqualTo(second);
            byte[] whole =
                    b.client()
                            .get(b.nsPath() + "/nodes/" + node.node() + "/content")
                            .expect(200)
                            .bytes();
            assertThat(whole).hasSize(370_000).startsWith(first).endsWith(second);
            assertThat(
                            b.client()
                                    .get("/v1/namespaces")
                                    .expect(200)
                                    .as(NamespaceList.class)
                                    .namespaces())
                    .extracting(ns -> ns.namespace())
                    .containsExactly(a.ns());
        }
    }
}
