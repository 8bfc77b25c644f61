package dev.holdfast.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.ChunkRecords.Pack;
import dev.holdfast.model.Id128;
import dev.holdfast.model.PackId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How long it is known which packs were deleted. */
class DeletionRowsTest {
    private CollectionWorld world;
    private PackRows packs;

    @BeforeEach
    void open() {
        world = new CollectionWorld();
        packs = world.plain.packs();
    }

    @AfterEach
    void close() {
        world.close();
    }

    /** Traces of as many packs, one a millisecond, in no order of their ids. */
    private void plant(int count) {
        List<Integer> times = new ArrayList<>();
        for (int at = 1; at <= count; at++) {
            times.add(at);
        }
        Collections.shuffle(times, new java.util.Random(5));
        ByteString job = Bytes.of(Id128.random(world.cell.random));
        for (int from = 0; from < count; from += 200) {
            List<Integer> some = times.subList(from, Math.min(count, from + 200));
            world.cell.records.write(transaction -> {
                for (int at : some) {
                    Pack row =
                            Pack.newBuilder()
                                    .setPack(Bytes.of(PackId.random(world.cell.random)))
                                    .setLength(at)
                                    .build();
                    RecordDeletions.write(transaction, row, at, job, "empty");
                }
                return true;
            });
        }
    }

    private List<Long> times() {
        return packs.deletions(null, 2_000).stream().map(d -> d.atMillis()).sorted().toList();
    }

    @Test
    void theOldestAreForgottenFirstInBoundedSteps() {
        int count = PackRows.FORGET_MAX + 200;
        plant(count);
        WorkLease lease = world.lease("deletion");
        assertThat(packs.forgetDeletions(lease, 0)).isZero();
        assertThat(times()).hasSize(count);
        assertThat(packs.forgetDeletions(lease, count - 50)).isEqualTo(PackRows.FORGET_MAX);
        assertThat(times()).hasSize(200).first().isEqualTo(PackRows.FORGET_MAX + 1L);
        assertThat(packs.forgetDeletions(lease, count - 50)).isEqualTo(150);
        assertThat(times()).hasSize(50).first().isEqualTo(count - 49L);
        assertThat(packs.forgetDeletions(lease, count - 50)).isZero();
    }

    @Test
    void aWorkerThatLostItsLeaseForgetsNothing() {
        plant(3);
        WorkLease lost = world.lease("deletion");
        world.cell.pass(Duration.ofDays(2));
        assertThat(world.plain.leases().acquire("deletion", "another", Duration.ofDays(1)))
                .isPresent();
        assertThatThrownBy(() -> packs.forgetDeletions(lost, 3))
                .isInstanceOf(LeaseLostException.class);
        assertThat(times()).hasSize(3);
    }
}
