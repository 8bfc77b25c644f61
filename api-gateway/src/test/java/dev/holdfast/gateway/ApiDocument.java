package dev.holdfast.gateway;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** An OpenAPI document as tests read it: its operations, and whether a value fits a schema. */
final class ApiDocument {
    private static final Set<String> METHODS =
            Set.of("get", "put", "post", "delete", "head", "patch", "options");

    private final JsonNode root;

    /** One method of one path. */
    static final class Operation {
        private final String method;
        private final String path;
        private final List<JsonNode> parameters;
        private final JsonNode body;
        private final JsonNode responses;
        private final boolean operator;

        private Operation(
                String method, String path, List<JsonNode> parameters, JsonNode operation) {
            this.method = method.toUpperCase(Locale.ROOT);
            this.path = path;
            this.parameters = List.copyOf(parameters);
            this.body = operation.path("requestBody").path("content");
            this.responses = operation.path("responses");
            this.operator =
                    path.startsWith("/v1/admin/") || path.startsWith("/health/") || metrics(path);
        }

        private static boolean metrics(String path) {
            return path.equals("/metrics");
        }

        String method() {
            return method;
        }

        String path() {
            return path;
        }

        List<JsonNode> parameters() {
            return parameters;
        }

        /** Content types and their schemas; missing where the operation takes no body. */
        JsonNode body() {
            return body;
        }

        /** On the admin listener. */
        boolean operator() {
            return operator;
        }

        @Override
        public String toString() {
            return method + " " + path;
        }
    }

    ApiDocument(String yaml) {
        Object tree = new Yaml(new SafeConstructor(new LoaderOptions())).load(yaml);
        root = new ObjectMapper().valueToTree(tree);
    }

    List<Operation> operations() {
        List<Operation> operations = new ArrayList<>();
        root.path("paths")
                .properties()
                .forEach(path -> {
                    path.getValue()
                            .properties()
                            .forEach(entry -> {
                                if (METHODS.contains(entry.getKey())) {
                                    List<JsonNode> parameters = new ArrayList<>();
                                    path.getValue()
                                            .path("parameters")
                                            .forEach(p -> parameters.add(resolve(p)));
                                    entry.getValue()
                                            .path("parameters")
                                            .forEach(p -> parameters.add(resolve(p)));
                                    operations.add(
                                            new Operation(
                                                    entry.getKey(),
                                                    path.getKey(),
                                                    parameters,
                                                    entry.getValue()));
                                }
                            });
                });
        return operations;
    }

    /** What a reference leads to; anything else is itself. */
    JsonNode resolve(JsonNode node) {
        JsonNode at = node;
        while (at.has("$ref")) {
            at = root.at(JsonPointer.compile(at.get("$ref").asText().substring(1)));
            if (at.isMissingNode()) {
                throw new IllegalStateException(node + " leads nowhere");
            }
        }
        return at;
    }

    /** The answer the document gives to a status; missing where it has none. */
    JsonNode response(Operation operation, int status) {
        for (String key : List.of("" + status, status / 100 + "XX")) {
            if (operation.responses.has(key)) {
                return resolve(operation.responses.get(key));
            }
        }
        return MissingNode.getInstance();
    }

    /** What is wrong with a value; empty when it fits the schema. */
    List<String> faults(JsonNode schema, JsonNode value) {
        List<String> faults = new ArrayList<>();
        check(schema, value, "", faults);
        return faults;
    }

    private void check(JsonNode reference, JsonNode value, String at, List<String> faults) {
        JsonNode schema = resolve(reference);
        boolean typed =
                switch (schema.path("type").asText()) {
                    case "object" -> value.isObject();
                    case "array" -> value.isArray();
                    case "string" -> value.isTextual();
                    case "integer" -> value.isIntegralNumber();
                    case "boolean" -> value.isBoolean();
                    default -> true;
                };
        if (!typed) {
            faults.add(at + " is no " + schema.path("type").asText() + ": " + value);
            return;
        }
        if (value.isTextual()) {
            checkText(schema, value.asText(), at, faults);
        }
        boolean small = schema.has("minimum") && value.asLong() < schema.get("minimum").asLong();
        boolean large = schema.has("maximum") && value.asLong() > schema.get("maximum").asLong();
        if (small || large) {
            faults.add(at + " is out of bounds: " + value);
        }
        schema.path("required")
                .forEach(name -> {
                    if (!value.has(name.asText())) {
                        faults.add(at + " lacks " + name);
                    }
                });
        if (value.isObject()) {
            value.properties()
                    .forEach(property -> {
                        JsonNode named = schema.path("properties").path(property.getKey());
                        JsonNode inner =
                                named.isMissingNode() ? schema.path("additionalProperties") : named;
                        boolean closed = schema.has("properties") && inner.isMissingNode();
                        if (closed) {
                            faults.add(
                                    at
                                            + " has "
                                            + property.getKey()
                                            + ", of which nothing is said");
                        }
                        check(inner, property.getValue(), at + "/" + property.getKey(), faults);
                    });
        }
        for (int i = 0; value.isArray() && i < value.size(); i++) {
            check(schema.path("items"), value.get(i), at + "/" + i, faults);
        }
    }

    private static void checkText(JsonNode schema, String text, String at, List<String> faults) {
        if (schema.has("pattern")
                && !Pattern.compile(schema.get("pattern").asText()).matcher(text).find()) {
            faults.add(at + " does not match: " + text);
        }
        if (schema.has("enum")) {
            boolean known = false;
            for (JsonNode word : schema.get("enum")) {
                known |= word.asText().equals(text);
            }
            if (!known) {
                faults.add(at + " is none of the words: " + text);
            }
        }
    }
}
