package io.takhin.fuzz;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Field;
import org.apache.kafka.common.protocol.types.NullableSchema;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.utils.ByteUtils;

/**
 * Writes random messages that are valid by Kafka's schema of their version.
 *
 * <p>Threads: one at a time.
 */
final class SchemaSampler {
    private static final int ELEMENTS_MAX = 4;
    private static final int LENGTH_MAX = 24;
    private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789.-_é漢";

    private final RandomGenerator random;
    private final ByteBuffer out;

    /** Primitive types by identity; all others are structures of them. */
    private final Map<Type, Runnable> writers;

    SchemaSampler(RandomGenerator random, ByteBuffer out) {
        this.random = random;
        this.out = out;
        this.writers =
                Map.ofEntries(
                        Map.entry(Type.BOOLEAN, () -> out.put((byte) random.nextInt(2))),
                        Map.entry(Type.INT8, () -> out.put((byte) random.nextInt())),
                        Map.entry(Type.INT16, () -> out.putShort((short) random.nextInt())),
                        Map.entry(Type.UINT16, () -> out.putShort((short) random.nextInt())),
                        Map.entry(Type.INT32, () -> out.putInt(random.nextInt())),
                        Map.entry(Type.UNSIGNED_INT32, () -> out.putInt(random.nextInt())),
                        Map.entry(Type.INT64, () -> out.putLong(random.nextLong())),
                        Map.entry(Type.UUID, () -> out.putLong(random.nextLong()).putLong(1)),
                        Map.entry(Type.FLOAT64, () -> out.putDouble(random.nextDouble())),
                        Map.entry(Type.STRING, () -> writeString(false)),
                        Map.entry(Type.NULLABLE_STRING, () -> writeString(true)),
                        Map.entry(Type.COMPACT_STRING, () -> writeCompact(text(), false)),
                        Map.entry(Type.COMPACT_NULLABLE_STRING, () -> writeCompact(text(), true)),
                        Map.entry(Type.BYTES, () -> writeBytes(false)),
                        Map.entry(Type.NULLABLE_BYTES, () -> writeBytes(true)),
                        Map.entry(Type.COMPACT_BYTES, () -> writeCompact(bytes(), false)),
                        Map.entry(Type.COMPACT_NULLABLE_BYTES, () -> writeCompact(bytes(), true)),
                        Map.entry(Type.RECORDS, () -> writeBytes(false)),
                        Map.entry(Type.NULLABLE_RECORDS, () -> writeBytes(true)),
                        Map.entry(Type.COMPACT_RECORDS, () -> writeCompact(bytes(), false)),
                        Map.entry(
                                Type.COMPACT_NULLABLE_RECORDS, () -> writeCompact(bytes(), true)));
    }

    void write(Schema schema) {
        for (BoundField field : schema.fields()) {
            write(field.def.type);
        }
    }

    private void write(Type type) {
        Runnable writer = writers.get(type);
        if (writer != null) {
            writer.run();
        } else if (type instanceof TaggedFields tagged) {
            writeTagged(tagged);
        } else if (type instanceof NullableSchema schema) {
            writeNullable(schema);
        } else if (type instanceof Schema schema) {
            write(schema);
        } else {
            writeArray(type);
        }
    }

    private void writeNullable(NullableSchema schema) {
        if (isNull(true)) {
            out.put((byte) -1);
        } else {
            out.put((byte) 1);
            write((Schema) schema);
        }
    }

    private void writeArray(Type type) {
        Type element =
                type.arrayElementType()
                        .orElseThrow(() -> new IllegalArgumentException("what is " + type));
        boolean compact = type.toString().startsWith("COMPACT");
        int count = isNull(type.isNullable()) ? -1 : random.nextInt(ELEMENTS_MAX);
        if (compact) {
            ByteUtils.writeUnsignedVarint(count + 1, out);
        } else {
            out.putInt(count);
        }
        for (int i = 0; i < count; i++) {
            write(element);
        }
    }

    private void writeTagged(TaggedFields tagged) {
        Map<Integer, Field> chosen = new TreeMap<>(tagged.fields());
        chosen.values().removeIf(field -> random.nextBoolean());
        ByteUtils.writeUnsignedVarint(chosen.size(), out);
        chosen.forEach((tag, field) -> {
            ByteUtils.writeUnsignedVarint(tag, out);
            int start = out.position();
            write(field.type);
            prefixWithLength(start);
        });
    }

    private void prefixWithLength(int start) {
        byte[] written = new byte[out.position() - start];
        out.get(start, written);
        out.position(start);
        ByteUtils.writeUnsignedVarint(written.length, out);
        out.put(written);
    }

    private void writeString(boolean nullable) {
        byte[] text = text();
        if (isNull(nullable)) {
            out.putShort((short) -1);
        } else {
            out.putShort((short) text.length).put(text);
        }
    }

    private void writeBytes(boolean nullable) {
        byte[] bytes = bytes();
        if (isNull(nullable)) {
            out.putInt(-1);
        } else {
            out.putInt(bytes.length).put(bytes);
        }
    }

    private void writeCompact(byte[] bytes, boolean nullable) {
        if (isNull(nullable)) {
            ByteUtils.writeUnsignedVarint(0, out);
        } else {
            ByteUtils.writeUnsignedVarint(bytes.length + 1, out);
            out.put(bytes);
        }
    }

    private boolean isNull(boolean nullable) {
        return nullable && random.nextInt(4) == 0;
    }

    private byte[] text() {
        StringBuilder text = new StringBuilder();
        int length = random.nextInt(LENGTH_MAX);
        for (int i = 0; i < length; i++) {
            text.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private byte[] bytes() {
        byte[] bytes = new byte[random.nextInt(LENGTH_MAX)];
        random.nextBytes(bytes);
        return bytes;
    }
}
