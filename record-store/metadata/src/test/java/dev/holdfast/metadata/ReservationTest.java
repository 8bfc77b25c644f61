package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.chunk;
import static dev.holdfast.metadata.TestCell.ok;
import static dev.holdfast.metadata.TestCell.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Limits;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.UploadStart;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What an upload announces when it begins is held against the quota until it is declared. */
class ReservationTest {
    private final TestCell cell = new TestCell(14);

    @AfterEach
    void close() {
        cell.close();
    }

    private ContentId id() {
        return ContentId.random(cell.random);
    }

    @Test
    void whatAnUploadReservedIsKeptForItAndEndsWithIt() {
        TestDevice bob = cell.device(ok(cell.store.accounts().create("bob", 10)), "laptop");
        Uploads uploads = cell.store.uploads();
        UploadId mine = UploadId.random(cell.random);
        UploadStart start = new UploadStart(mine, bob.ns, 8);
        ok(uploads.begin(bob.caller, start));
        ok(uploads.begin(bob.caller, start));
        assertThat(used(bob)).as("reserved once").isEqualTo(8);
        UploadId other = UploadId.random(cell.random);
        assertThat(refused(uploads.begin(bob.caller, new UploadStart(other, bob.ns, 3))))
                .isEqualTo(ProblemCode.QUOTA_EXCEEDED);
        ok(uploads.begin(bob.caller, new UploadStart(other, bob.ns, 0)));
        assertThat(refused(uploads.declare(bob.caller, other, of("abc"))))
                .as("others get only what is not reserved")
                .isEqualTo(ProblemCode.QUOTA_EXCEEDED);
        ok(uploads.declare(bob.caller, other, of("ab")));

        ok(uploads.declare(bob.caller, mine, of("12345")));
        assertThat(used(bob)).as("declared instead of reserved, not on top").isEqualTo(10);
        assertThat(refused(uploads.declare(bob.caller, mine, of("1234"))))
                .as("more than was announced, where nothing is left")
                .isEqualTo(ProblemCode.QUOTA_EXCEEDED);
        assertThat(used(bob)).as("a refused declaration takes nothing").isEqualTo(10);
        ok(uploads.declare(bob.caller, mine, of("123")));
        assertThat(used(bob)).isEqualTo(10);

        ok(uploads.abandon(bob.caller, mine));
        assertThat(used(bob)).isEqualTo(2);
        ok(uploads.begin(bob.caller, new UploadStart(UploadId.random(cell.random), bob.ns, 8)));
        assertThat(used(bob)).isEqualTo(10);
        cell.pass(Duration.ofDays(8));
        WorkLease lease =
                cell.collection()
                        .leases()
                        .acquire("expire", "test", Duration.ofMinutes(1))
                        .orElseThrow();
        GarbageRows garbage = cell.collection().garbage();
        for (UploadId expired : garbage.expiredUploads(cell.nowMillis.get(), 10)) {
            assertThat(garbage.expireUpload(lease, expired, cell.nowMillis.get())).isTrue();
        }
        assertThat(used(bob)).as("a reservation expires with its upload").isZero();
    }

    @Test
    void aLongContentIsCoveredByItsReservationPartByPart() {
        List<ChunkRef> chunks = new ArrayList<>();
        for (int i = 0; i < Limits.PART_CHUNKS_MAX + 10; i++) {
            chunks.add(new ChunkRef(cell.randomHash(), 100));
        }
        long bytes = 100L * chunks.size();
        TestDevice bob = cell.device(ok(cell.store.accounts().create("bob", bytes)), "laptop");
        UploadId upload = UploadId.random(cell.random);
        ok(cell.store.uploads().begin(bob.caller, new UploadStart(upload, bob.ns, bytes)));
        ContentId content = id();
        for (int part = 0; part < 2; part++) {
            int from = part * Limits.PART_CHUNKS_MAX;
            int to = Math.min(chunks.size(), from + Limits.PART_CHUNKS_MAX);
            ContentPart declared =
                    new ContentPart(content, part, part == 1, chunks.subList(from, to));
            Declaration declaration = new Declaration(List.of(declared));
            ok(cell.store.uploads().declare(bob.caller, upload, declaration));
            assertThat(used(bob)).isEqualTo(bytes);
        }
    }

    private Declaration of(String text) {
        return new Declaration(List.of(new ContentPart(id(), 0, true, List.of(chunk(text)))));
    }

    private long used(TestDevice device) {
        return ok(cell.store.namespaces().get(device.caller, device.ns)).usedBytes();
    }
}
