package dev.holdfast.gateway;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Map;
import org.slf4j.event.KeyValuePair;

/**
 * A log event as one line of JSON: time, level, logger, thread, message, what the request is known
 * by ({@code request_id}, {@code trace_id}, {@code span_id}), what the event adds, and a stack
 * trace where there is one.
 */
final class JsonLines extends EncoderBase<ILoggingEvent> {
    private static final byte[] NOTHING = {};

    private final JsonFactory json = new JsonFactory();

    @Override
    public byte[] headerBytes() {
        return NOTHING;
    }

    @Override
    public byte[] footerBytes() {
        return NOTHING;
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        ByteArrayOutputStream line = new ByteArrayOutputStream(512);
        try (JsonGenerator out = json.createGenerator(line)) {
            out.writeStartObject();
            out.writeStringField("time", time(event).toString());
            out.writeStringField("level", event.getLevel().toString());
            out.writeStringField("logger", event.getLoggerName());
            out.writeStringField("thread", event.getThreadName());
            out.writeStringField("message", event.getFormattedMessage());
            for (Map.Entry<String, String> known : event.getMDCPropertyMap().entrySet()) {
                out.writeStringField(known.getKey(), known.getValue());
            }
            if (event.getKeyValuePairs() != null) {
                for (KeyValuePair pair : event.getKeyValuePairs()) {
                    write(out, pair);
                }
            }
            if (event.getThrowableProxy() != null) {
                out.writeStringField(
                        "exception", ThrowableProxyUtil.asString(event.getThrowableProxy()));
            }
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        line.write('\n');
        return line.toByteArray();
    }

    private static void write(JsonGenerator out, KeyValuePair pair) throws IOException {
        if (pair.value instanceof Number number) {
            out.writeNumberField(pair.key, number.longValue());
        } else {
            out.writeStringField(pair.key, String.valueOf(pair.value));
        }
    }

    private static Instant time(ILoggingEvent event) {
        return event.getInstant() == null
                ? Instant.ofEpochMilli(event.getTimeStamp())
                : event.getInstant();
    }
}
