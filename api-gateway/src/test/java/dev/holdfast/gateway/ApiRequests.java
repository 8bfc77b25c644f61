package dev.holdfast.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes requests that an OpenAPI document allows, and such that it does not: right ones with one
 * thing wrong. Values come from the schemas; where something known has the name of a parameter or
 * property, mostly that, so that requests get somewhere.
 */
final class ApiRequests {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final ApiDocument document;
    private final Random random;
    private final Map<String, List<String>> known = new HashMap<>();
    private final Set<String> fixed = new HashSet<>();

    /** What is known to exist of a name; a value of it is chosen now and then. */
    void know(String name, String... values) {
        known.computeIfAbsent(name, key -> new ArrayList<>()).addAll(List.of(values));
    }

    /** As {@link #know}; no other values are chosen. */
    void only(String name, String... values) {
        know(name, values);
        fixed.add(name);
    }

    /** Bytes for bodies that are no JSON, by content type; at least one right one each. */
    interface Bytes {
        byte[] of(String contentType, boolean right);
    }

    private final Bytes bytes;

    ApiRequests(ApiDocument document, Random random, Bytes bytes) {
        this.document = document;
        this.random = random;
        this.bytes = bytes;
    }

    /** A request, and what is wrong with it; null where the document allows it. */
    static final class Request {
        private final ApiDocument.Operation operation;
        private final String path;
        private final byte[] body;
        private final String[] headers;
        private final @Nullable String wrong;

        private Request(
                ApiDocument.Operation operation,
                String path,
                byte[] body,
                List<String> headers,
                @Nullable String wrong) {
            this.operation = operation;
            this.path = path;
            this.body = body;
            this.headers = headers.toArray(String[]::new);
            this.wrong = wrong;
        }

        ApiDocument.Operation operation() {
            return operation;
        }

        String path() {
            return path;
        }

        byte[] body() {
            return body;
        }

        String[] headers() {
            return headers;
        }

        @Nullable String wrong() {
            return wrong;
        }

        @Override
        public String toString() {
            String text = new String(body, StandardCharsets.UTF_8);
            return operation.method()
                    + " "
                    + path
                    + " "
                    + Arrays.toString(headers)
                    + " "
                    + text.substring(0, Math.min(600, text.length()))
                    + (wrong == null ? "" : " [wrong: " + wrong + "]");
        }
    }

    /** A request that the document allows. */
    Request right(ApiDocument.Operation operation) {
        return new Making(operation).make();
    }

    /** A request with one thing wrong; null where nothing about the operation can be wrong. */
    @Nullable Request wrong(ApiDocument.Operation operation) {
        Making counting = new Making(operation);
        counting.make();
        if (counting.chances == 0) {
            return null;
        }
        Making making = new Making(operation);
        making.spoil = random.nextInt(counting.chances);
        Request request = making.make();
        return request.wrong() == null ? null : request;
    }

    /** One request in the making; counts the things that could be wrong and spoils one of them. */
    private final class Making {
        private final ApiDocument.Operation operation;
        private int chances;
        private int spoil = -1;
        private @Nullable String wrong;

        Making(ApiDocument.Operation operation) {
            this.operation = operation;
        }

        private boolean spoiled(String what) {
            boolean now = chances == spoil;
            chances++;
            if (now) {
                wrong = what;
            }
            return now;
        }

        Request make() {
            String path = operation.path();
            StringBuilder query = new StringBuilder();
            List<String> headers = new ArrayList<>();
            for (JsonNode parameter : operation.parameters()) {
                String name = parameter.get("name").asText();
                JsonNode schema = document.resolve(parameter.path("schema"));
                boolean needed = parameter.path("required").asBoolean();
                switch (parameter.get("in").asText()) {
                    case "path" ->
                            path = path.replace("{" + name + "}", encode(pathValue(name, schema)));
                    case "query" -> query(query, name, schema, needed);
                    default -> {
                        if (random.nextInt(3) == 0) {
                            headers.add(name);
                            headers.add(text(name, schema).replaceAll("[^ -~]", "?"));
                        }
                    }
                }
            }
            byte[] body = body(headers);
            return new Request(operation, path + query, body, headers, wrong);
        }

        private String pathValue(String name, JsonNode schema) {
            if (schema.has("pattern") && spoiled("path " + name)) {
                return List.of("x", "0", "zz".repeat(16), "a".repeat(31), "\u00e9", "..")
                        .get(random.nextInt(6));
            }
            return text(name, schema);
        }

        private void query(StringBuilder query, String name, JsonNode schema, boolean needed) {
            String shown = name;
            boolean bounded = schema.path("type").asText().equals("integer");
            if (needed && spoiled("without " + name)) {
                return;
            }
            if (bounded && spoiled("query " + name)) {
                add(query, shown, badNumber(schema));
            } else if (needed || random.nextInt(3) == 0) {
                if (spoiled("twice " + name)) {
                    add(query, shown, text(name, schema));
                }
                add(query, shown, text(name, schema));
            }
        }

        private void add(StringBuilder query, String name, String value) {
            query.append(query.isEmpty() ? '?' : '&').append(name).append('=');
            query.append(encode(value));
        }

        private String badNumber(JsonNode schema) {
            List<String> bad = new ArrayList<>(List.of("x", "1.5", "", "99999999999999999999"));
            if (schema.has("minimum")) {
                bad.add("" + (schema.get("minimum").asLong() - 1));
            }
            if (schema.has("maximum")) {
                bad.add("" + (schema.get("maximum").asLong() + 1));
            }
            return bad.get(random.nextInt(bad.size()));
        }

        private byte[] body(List<String> headers) {
            if (operation.body().isMissingNode()) {
                return new byte[0];
            }
            var entry = operation.body().properties().iterator().next();
            String type = entry.getKey();
            headers.add("Content-Type");
            headers.add(spoiled("content type") ? "text/html" : type);
            if (!type.equals("application/json")) {
                boolean frames = type.contains("frames");
                return bytes.of(type, !(frames && spoiled("frames")));
            }
            JsonNode schema = document.resolve(entry.getValue().path("schema"));
            byte[] whole = value("", schema, true).toString().getBytes(StandardCharsets.UTF_8);
            if (spoiled("cut JSON")) {
                return Arrays.copyOf(whole, random.nextInt(whole.length));
            }
            return whole;
        }

        /**
         * A value of a schema.
         *
         * @param needed it is part of what has to be there, so that the request is wrong if it is
         */
        private JsonNode value(String name, JsonNode reference, boolean needed) {
            JsonNode schema = document.resolve(reference);
            String type = schema.path("type").asText();
            if (needed && !name.isEmpty() && spoiled("type of " + name)) {
                return type.equals("object") ? JSON.arrayNode().add(1) : JSON.objectNode();
            }
            return switch (type) {
                case "object" -> object(schema, needed);
                case "array" -> array(name, schema, needed);
                case "integer" -> integer(name, schema, needed);
                case "boolean" -> JSON.booleanNode(random.nextBoolean());
                default -> string(name, schema, needed);
            };
        }

        private ObjectNode object(JsonNode schema, boolean needed) {
            ObjectNode object = JSON.objectNode();
            List<String> required = new ArrayList<>();
            schema.path("required").forEach(name -> required.add(name.asText()));
            schema.path("properties")
                    .properties()
                    .forEach(property -> {
                        boolean must = required.contains(property.getKey());
                        if (must && needed && spoiled("without " + property.getKey())) {
                            return;
                        }
                        if (must || random.nextInt(3) > 0) {
                            object.set(
                                    property.getKey(),
                                    value(property.getKey(), property.getValue(), needed && must));
                        }
                    });
            return object;
        }

        private ArrayNode array(String name, JsonNode schema, boolean needed) {
            ArrayNode array = JSON.arrayNode();
            if (needed && schema.has("minItems") && spoiled("empty " + name)) {
                return array;
            }
            int count = 1 + random.nextInt(3);
            for (int i = 0; i < count; i++) {
                array.add(value("", schema.path("items"), needed));
            }
            return array;
        }

        private JsonNode integer(String name, JsonNode schema, boolean needed) {
            if (needed && schema.has("minimum") && spoiled("too small " + name)) {
                return JSON.numberNode(schema.get("minimum").asLong() - 1);
            }
            if (needed && schema.has("maximum") && spoiled("too large " + name)) {
                return JSON.numberNode(schema.get("maximum").asLong() + 1);
            }
            return JSON.numberNode(Long.parseLong(text(name, schema)));
        }

        private JsonNode string(String name, JsonNode schema, boolean needed) {
            boolean constrained = schema.has("pattern") || schema.has("enum");
            if (needed && constrained && spoiled("form of " + name)) {
                return JSON.textNode("no-such-" + random.nextInt(100));
            }
            if (needed && schema.has("maxLength") && spoiled("too long " + name)) {
                return JSON.textNode("n".repeat(schema.get("maxLength").asInt() + 1));
            }
            return JSON.textNode(text(name, schema));
        }
    }

    private static String encode(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private String text(String name, JsonNode schema) {
        List<String> values = known.getOrDefault(name, List.of());
        if (!values.isEmpty() && (fixed.contains(name) || random.nextInt(8) > 0)) {
            return values.get(random.nextInt(values.size()));
        }
        return switch (schema.path("type").asText()) {
            case "integer" -> "" + number(schema);
            case "boolean" -> "" + random.nextBoolean();
            default -> word(schema);
        };
    }

    private long number(JsonNode schema) {
        long min = schema.path("minimum").asLong(0);
        long max = schema.path("maximum").asLong(Long.MAX_VALUE);
        return switch (random.nextInt(6)) {
            case 0 -> max;
            case 1 -> min;
            default -> Math.min(max, min + random.nextInt(5));
        };
    }

    private String word(JsonNode schema) {
        if (schema.has("enum")) {
            return schema.get("enum").get(random.nextInt(schema.get("enum").size())).asText();
        }
        String pattern = schema.path("pattern").asText();
        if (pattern.contains("{32}")) {
            return hex(2);
        }
        if (pattern.contains("{64}")) {
            return hex(4);
        }
        int max = schema.path("maxLength").asInt(40);
        int min = schema.path("minLength").asInt(0);
        String letters = "abc-.\u00e9\ud83d\ude00 /%\"'\\\n";
        StringBuilder word = new StringBuilder("w");
        int length = Math.max(min, random.nextInt(Math.min(max, 20)));
        while (word.length() < length) {
            int at =
                    letters.offsetByCodePoints(
                            0, random.nextInt(letters.codePointCount(0, letters.length())));
            word.appendCodePoint(letters.codePointAt(at));
        }
        return word.toString();
    }

    private String hex(int words) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < words; i++) {
            text.append("%016x".formatted(random.nextLong()));
        }
        return text.toString();
    }
}
