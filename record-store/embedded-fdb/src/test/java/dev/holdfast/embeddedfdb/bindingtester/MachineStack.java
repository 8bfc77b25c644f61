package dev.holdfast.embeddedfdb.bindingtester;

import com.apple.foundationdb.KeySelector;
import com.apple.foundationdb.StreamingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The items of a stack machine, each with the number of the instruction that made it. */
final class MachineStack {
    /** An item; null is the tuple layer's null. */
    record Entry(int instruction, @Nullable Object value) {}

    private final List<Entry> entries = new ArrayList<>();

    static byte[] nothing() {
        return Errors.ascii("RESULT_NOT_PRESENT");
    }

    /** Waits for a future; what is no future stays as it is. */
    static @Nullable Object settle(@Nullable Object item) {
        if (!(item instanceof CompletableFuture<?> future)) {
            return item;
        }
        try {
            Object result = future.join();
            return result == null ? nothing() : result;
        } catch (RuntimeException failure) {
            return Errors.packed(failure);
        }
    }

    void push(int instruction, @Nullable Object item) {
        entries.add(new Entry(instruction, item));
    }

    Entry popEntry() {
        if (entries.isEmpty()) {
            throw new IllegalStateException("the stack is empty");
        }
        return entries.remove(entries.size() - 1);
    }

    @Nullable Object popItem() {
        return settle(popEntry().value());
    }

    byte[] popBytes() {
        if (popItem() instanceof byte[] bytes) {
            return bytes;
        }
        throw new IllegalStateException("no bytes on top of the stack");
    }

    String popText() {
        if (popItem() instanceof String text) {
            return text;
        }
        throw new IllegalStateException("no text on top of the stack");
    }

    int popInt() {
        if (popItem() instanceof Number number) {
            return number.intValue();
        }
        throw new IllegalStateException("no number on top of the stack");
    }

    KeySelector popSelector() {
        byte[] key = popBytes();
        boolean orEqual = popInt() != 0;
        return new KeySelector(key, orEqual, popInt());
    }

    /** Modes are numbered from -2 (want all) to 4 (serial), as in the published options. */
    StreamingMode popMode() {
        int code = popInt();
        for (StreamingMode mode : StreamingMode.values()) {
            if (mode.code() == code) {
                return mode;
            }
        }
        throw new IllegalStateException("no streaming mode " + code);
    }

    List<@Nullable Object> popItems(int count) {
        List<@Nullable Object> items = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            items.add(popItem());
        }
        return items;
    }

    List<Entry> takeAll() {
        List<Entry> all = List.copyOf(entries);
        entries.clear();
        return all;
    }

    /** Executes an instruction that only moves items; false when it is another one. */
    boolean execute(String name) {
        switch (name) {
            case "POP" -> popEntry();
            case "DUP" -> entries.add(entries.get(entries.size() - 1));
            case "EMPTY_STACK" -> entries.clear();
            case "SWAP" -> {
                int depth = popInt();
                Collections.swap(entries, entries.size() - 1, entries.size() - 1 - depth);
            }
            case "WAIT_FUTURE" -> {
                Entry top = popEntry();
                push(top.instruction(), settle(top.value()));
            }
            default -> {
                return false;
            }
        }
        return true;
    }
}
