package dev.holdfast.embeddedfdb.bindingtester;

import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.MutationType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A transaction that breaks one rule, to see whether the comparison notices. */
final class BrokenSession implements Target.Session {
    static final List<String> RULES =
            List.of(
                    "reads conflict",
                    "clears end before their end",
                    "ADD carries",
                    "limits hold",
                    "reverse is reverse",
                    "selectors count",
                    "a write without conflict has none",
                    "conflict ranges count",
                    "a chosen read version is used",
                    "a cancelled transaction ends",
                    "a value's versionstamp is where it was asked for");

    private final Target.Session session;
    private final String rule;

    BrokenSession(Target.Session session, String rule) {
        this.session = session;
        this.rule = rule;
    }

    private boolean breaks(String which) {
        return rule.equals(which);
    }

    @Override
    public CompletableFuture<byte[]> get(byte[] key, boolean snapshot) {
        return session.get(key, snapshot || breaks("reads conflict"));
    }

    @Override
    public byte[] getKey(KeySelector selector, boolean snapshot) {
        KeySelector used =
                breaks("selectors count")
                        ? new KeySelector(selector.getKey(), selector.orEqual(), 1)
                        : selector;
        return session.getKey(used, snapshot);
    }

    @Override
    public List<KeyValue> getRange(Target.Query query) {
        List<KeyValue> rows =
                session.getRange(
                        new Target.Query(
                                query.begin(),
                                query.end(),
                                breaks("limits hold") && query.limit() > 0
                                        ? query.limit() + 1
                                        : query.limit(),
                                query.reverse() && !breaks("reverse is reverse"),
                                query.mode(),
                                query.snapshot()));
        return new ArrayList<>(rows);
    }

    @Override
    public long readVersion() {
        return session.readVersion();
    }

    @Override
    public void setReadVersion(long version) {
        if (!breaks("a chosen read version is used")) {
            session.setReadVersion(version);
        }
    }

    @Override
    public void estimatedRangeSize(byte[] begin, byte[] end) {
        session.estimatedRangeSize(begin, end);
    }

    @Override
    public void rangeSplitPoints(byte[] begin, byte[] end, long chunkBytes) {
        session.rangeSplitPoints(begin, end, chunkBytes);
    }

    @Override
    public void set(byte[] key, byte[] value) {
        session.set(key, value);
    }

    @Override
    public void clear(byte[] key) {
        session.clear(key);
    }

    @Override
    public void clear(byte[] begin, byte[] end) {
        session.clear(begin, end);
        if (breaks("clears end before their end")) {
            session.clear(end);
        }
    }

    @Override
    public void mutate(MutationType type, byte[] key, byte[] operand) {
        boolean swapped = breaks("ADD carries") && type == MutationType.ADD;
        byte[] used = operand;
        if (breaks("a value's versionstamp is where it was asked for")
                && type == MutationType.SET_VERSIONSTAMPED_VALUE
                && operand.length > 14) {
            used = operand.clone();
            used[used.length - 4]++;
        }
        session.mutate(swapped ? MutationType.BIT_XOR : type, key, used);
    }

    @Override
    public void addReadConflict(byte[] begin, byte[] end) {
        if (!breaks("conflict ranges count")) {
            session.addReadConflict(begin, end);
        }
    }

    @Override
    public void addWriteConflict(byte[] begin, byte[] end) {
        session.addWriteConflict(begin, end);
    }

    @Override
    public void option(Target.Option option) {
        if (option != Target.Option.NEXT_WRITE_NO_WRITE_CONFLICT_RANGE
                || !breaks("a write without conflict has none")) {
            session.option(option);
        }
    }

    @Override
    public CompletableFuture<Void> commit() {
        return session.commit();
    }

    @Override
    public long committedVersion() {
        return session.committedVersion();
    }

    @Override
    public long approximateSize() {
        return session.approximateSize();
    }

    @Override
    public CompletableFuture<byte[]> versionstamp() {
        return session.versionstamp();
    }

    @Override
    public Target.Session onError(int code) {
        return new BrokenSession(session.onError(code), rule);
    }

    @Override
    public void cancel() {
        if (!breaks("a cancelled transaction ends")) {
            session.cancel();
        }
    }

    @Override
    public void close() {
        session.close();
    }
}
