package dev.holdfast.embeddedfdb.bindingtester;

import com.apple.foundationdb.Range;
import com.apple.foundationdb.tuple.ByteArrayUtil;
import com.apple.foundationdb.tuple.Tuple;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Instructions that compute on the stack's items. */
final class TupleInstructions {
    private TupleInstructions() {}

    /** Executes an instruction; false when it is none of these. */
    static boolean execute(String name, MachineStack stack, int instruction) {
        switch (name) {
            case "SUB" -> {
                BigInteger left = integer(stack.popItem());
                stack.push(instruction, left.subtract(integer(stack.popItem())));
            }
            case "CONCAT" -> stack.push(instruction, join(stack.popItem(), stack.popItem()));
            case "TUPLE_PACK" -> stack.push(instruction, popTuple(stack).pack());
            case "TUPLE_PACK_WITH_VERSIONSTAMP" -> packWithVersionstamp(stack, instruction);
            case "TUPLE_UNPACK" -> {
                for (Object item : Tuple.fromBytes(stack.popBytes()).getItems()) {
                    stack.push(instruction, Tuple.from(item).pack());
                }
            }
            case "TUPLE_RANGE" -> {
                Range range = popTuple(stack).range();
                stack.push(instruction, range.begin);
                stack.push(instruction, range.end);
            }
            case "TUPLE_SORT" -> {
                List<Tuple> tuples = new ArrayList<>();
                for (Object packed : stack.popItems(stack.popInt())) {
                    tuples.add(Tuple.fromList(Tuple.fromBytes((byte[]) packed).getItems()));
                }
                Collections.sort(tuples);
                tuples.forEach(tuple -> stack.push(instruction, tuple.pack()));
            }
            case "ENCODE_FLOAT" ->
                    stack.push(instruction, ByteBuffer.wrap(stack.popBytes()).getFloat());
            case "ENCODE_DOUBLE" ->
                    stack.push(instruction, ByteBuffer.wrap(stack.popBytes()).getDouble());
            case "DECODE_FLOAT" -> {
                float number = ((Number) popPresent(stack)).floatValue();
                stack.push(instruction, ByteBuffer.allocate(4).putFloat(number).array());
            }
            case "DECODE_DOUBLE" -> {
                double number = ((Number) popPresent(stack)).doubleValue();
                stack.push(instruction, ByteBuffer.allocate(8).putDouble(number).array());
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    private static Object popPresent(MachineStack stack) {
        Object item = stack.popItem();
        if (item == null) {
            throw new IllegalStateException("null where a number is needed");
        }
        return item;
    }

    private static Tuple popTuple(MachineStack stack) {
        return Tuple.fromList(stack.popItems(stack.popInt()));
    }

    private static BigInteger integer(@Nullable Object item) {
        return item instanceof BigInteger big ? big : new BigInteger(String.valueOf(item));
    }

    private static Object join(@Nullable Object first, @Nullable Object second) {
        if (first instanceof String text) {
            return text + second;
        }
        return ByteArrayUtil.join((byte[]) first, (byte[]) second);
    }

    private static void packWithVersionstamp(MachineStack stack, int instruction) {
        byte[] prefix = stack.popBytes();
        Tuple tuple = popTuple(stack);
        if (!tuple.hasIncompleteVersionstamp()) {
            stack.push(instruction, Errors.ascii("ERROR: NONE"));
            return;
        }
        try {
            byte[] packed = tuple.packWithVersionstamp(prefix);
            stack.push(instruction, Errors.ascii("OK"));
            stack.push(instruction, packed);
        } catch (IllegalArgumentException several) {
            stack.push(instruction, Errors.ascii("ERROR: MULTIPLE"));
        }
    }
}
