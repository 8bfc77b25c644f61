package dev.holdfast.gateway.http;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectReader;
import dev.holdfast.model.wire.WireJson;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON bodies into wire records. What it returns is complete: a component that is not
 * declared nullable is there, at every depth; anything else is a {@link ProblemException} that
 * names the place.
 */
final class JsonBodies {
    private static final int DETAIL_CHARS_MAX = 300;
    private static final ConcurrentMap<Class<?>, ObjectReader> READERS = new ConcurrentHashMap<>();
    private static final ConcurrentMap<Class<?>, List<Component>> COMPONENTS =
            new ConcurrentHashMap<>();

    private record Component(String name, boolean nullable, RecordComponent component) {}

    private JsonBodies() {}

    static <T> T parse(byte[] json, Class<T> type) {
        T value;
        try {
            value =
                    READERS.computeIfAbsent(type, key -> WireJson.mapper().readerFor(key))
                            .readValue(json);
        } catch (JsonParseException e) {
            throw ProblemException.invalid("the body is not JSON: " + place(e));
        } catch (JsonMappingException e) {
            throw ProblemException.invalid(
                    "the body does not fit this request at " + path(e) + ": " + reason(e));
        } catch (IOException e) {
            throw ProblemException.invalid("the body cannot be read as JSON");
        }
        if (value == null) {
            throw ProblemException.invalid("the body is null; send a JSON object");
        }
        complete(value, "");
        return value;
    }

    /** Refuses a null where the record does not allow one; Jackson fills in nulls by itself. */
    private static void complete(Object value, String at) {
        if (value instanceof List<?> list) {
            int index = 0;
            for (Object item : list) {
                complete(item, at + "[" + index + "]");
                index++;
            }
            return;
        }
        for (Component component : components(value.getClass())) {
            String name = at.isEmpty() ? component.name() : at + "." + component.name();
            Object part = read(component, value);
            if (part != null) {
                if (part instanceof Record || part instanceof List<?>) {
                    complete(part, name);
                }
            } else if (!component.nullable()) {
                throw ProblemException.invalid("the body lacks " + name);
            }
        }
    }

    private static List<Component> components(Class<?> type) {
        return COMPONENTS.computeIfAbsent(type, JsonBodies::inspect);
    }

    private static List<Component> inspect(Class<?> type) {
        RecordComponent[] found = type.getRecordComponents();
        if (found == null || !type.getPackageName().startsWith("dev.holdfast.")) {
            return List.of();
        }
        return Arrays.stream(found)
                .filter(component -> !component.getType().isPrimitive())
                .map(component ->
                        new Component(
                                snake(component.getName()),
                                component.getAnnotatedType().isAnnotationPresent(Nullable.class),
                                component))
                .toList();
    }

    private static @Nullable Object read(Component component, Object record) {
        try {
            return component.component().getAccessor().invoke(record);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalStateException("a wire record cannot be read: " + record, e);
        }
    }

    private static String snake(String name) {
        StringBuilder text = new StringBuilder(name.length() + 4);
        for (int i = 0; i < name.length(); i++) {
            char letter = name.charAt(i);
            if (Character.isUpperCase(letter)) {
                text.append('_').append(Character.toLowerCase(letter));
            } else {
                text.append(letter);
            }
        }
        return text.toString();
    }

    private static String path(JsonMappingException e) {
        StringBuilder path = new StringBuilder();
        for (JsonMappingException.Reference step : e.getPath()) {
            if (step.getFieldName() != null) {
                path.append(path.isEmpty() ? "" : ".").append(step.getFieldName());
            } else {
                path.append('[').append(step.getIndex()).append(']');
            }
        }
        return path.isEmpty() ? "its top" : bounded(path.toString());
    }

    /** Our own records explain themselves; what Jackson says may name classes, so it stays here. */
    private static String reason(JsonMappingException e) {
        Throwable cause = e.getCause();
        while (cause != null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof IllegalArgumentException && cause.getMessage() != null) {
            return bounded(cause.getMessage());
        }
        if (cause instanceof NullPointerException) {
            return "a value is missing";
        }
        return "a value is missing, unknown or of another type (" + place(e) + ")";
    }

    private static String place(JsonProcessingException e) {
        return e.getLocation() == null
                ? "unknown place"
                : "line "
                        + e.getLocation().getLineNr()
                        + ", column "
                        + e.getLocation().getColumnNr();
    }

    private static String bounded(String text) {
        return text.length() <= DETAIL_CHARS_MAX ? text : text.substring(0, DETAIL_CHARS_MAX);
    }
}
