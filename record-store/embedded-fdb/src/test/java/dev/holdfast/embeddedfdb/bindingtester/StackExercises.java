package dev.holdfast.embeddedfdb.bindingtester;

import com.apple.foundationdb.tuple.ByteArrayUtil;
import com.apple.foundationdb.tuple.Tuple;
import com.apple.foundationdb.tuple.Versionstamp;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** Parts of programs that touch no database: stack and tuples. */
final class StackExercises {
    private StackExercises() {}

    static void onStack(Program program, Random random) {
        byte[] item = new byte[random.nextInt(5)];
        random.nextBytes(item);
        switch (random.nextInt(6)) {
            case 0 -> program.push(item).add("DUP");
            case 1 -> program.push(item).push("text").push(7).add("SWAP", 2);
            case 2 -> program.push(item).add("POP");
            case 3 -> program.add("SUB", random.nextLong(), BigInteger.valueOf(random.nextLong()));
            case 4 -> program.add("CONCAT", item, Errors.ascii("tail"));
            default -> program.add("CONCAT", "one", "two");
        }
    }

    private static Object element(Random random) {
        byte[] bytes = new byte[random.nextInt(6)];
        random.nextBytes(bytes);
        return switch (random.nextInt(10)) {
            case 0 -> bytes;
            case 1 -> "t\u00e9xt" + random.nextInt(100);
            case 2 -> random.nextLong() >> random.nextInt(64);
            case 3 -> BigInteger.valueOf(random.nextLong()).shiftLeft(random.nextInt(80));
            case 4 -> random.nextFloat();
            case 5 -> random.nextDouble() - 0.5;
            case 6 -> random.nextBoolean();
            case 7 -> new UUID(random.nextLong(), random.nextLong());
            case 8 -> Tuple.from(random.nextInt(), bytes);
            default ->
                    Versionstamp.complete(ByteArrayUtil.join(bytes, new byte[10 - bytes.length]));
        };
    }

    private static Object[] elements(Random random) {
        int count = random.nextInt(5);
        List<Object> arguments = new ArrayList<>();
        arguments.add(count);
        for (int i = 0; i < count; i++) {
            arguments.add(element(random));
        }
        return arguments.toArray();
    }

    static void onTuples(Program program, Random random) {
        switch (random.nextInt(9)) {
            case 0 -> program.add("TUPLE_PACK", elements(random));
            case 1 -> program.add("TUPLE_PACK", elements(random)).add("TUPLE_UNPACK");
            case 2 -> program.add("TUPLE_RANGE", elements(random));
            case 3 -> {
                for (int i = 0; i < 4; i++) {
                    program.add("TUPLE_PACK", elements(random));
                }
                program.add("TUPLE_SORT", 4);
            }
            case 4 -> stamped(program, random);
            case 5 ->
                    program.add(
                            "ENCODE_FLOAT",
                            (Object) ByteBuffer.allocate(4).putFloat(random.nextFloat()).array());
            case 6 ->
                    program.add(
                            "ENCODE_DOUBLE",
                            (Object) ByteBuffer.allocate(8).putDouble(random.nextDouble()).array());
            case 7 -> program.add("DECODE_FLOAT", random.nextFloat());
            default -> program.add("DECODE_DOUBLE", random.nextDouble());
        }
    }

    /** Packs none, one or two stamps that are still to come; pushed items keep them incomplete. */
    private static void stamped(Program program, Random random) {
        int count = random.nextInt(3);
        List<Object> arguments = new ArrayList<>(List.of(Errors.ascii("prefix"), count + 1));
        for (int i = 0; i < count; i++) {
            arguments.add(Versionstamp.incomplete(i));
        }
        arguments.add("end");
        program.add("TUPLE_PACK_WITH_VERSIONSTAMP", arguments.toArray());
    }
}
