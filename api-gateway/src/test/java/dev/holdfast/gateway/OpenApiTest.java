package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.http.Route;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The document that is served describes the routes that are served, and no others. */
class OpenApiTest {
    private static final Set<String> METHODS =
            Set.of("get", "put", "post", "delete", "head", "patch", "options");

    @Test
    void theDocumentNamesEveryRouteAndNoOther() {
        try (TestServer server = new TestServer()) {
            TestClient.Reply reply = server.stranger().get("/openapi.yaml").expect(200);
            assertThat(reply.header("Content-Type")).isEqualTo("application/yaml");
            Set<String> routes =
                    Stream.concat(
                                    server.gateway().openRoutes().stream(),
                                    server.gateway().adminRoutes().stream())
                            .map(OpenApiTest::name)
                            .collect(Collectors.toCollection(TreeSet::new));
            if (TestStores.isCluster()) {
                assertThat(described(reply.text())).containsAll(routes);
            } else {
                assertThat(described(reply.text())).isEqualTo(routes);
            }
        }
    }

    @Test
    void everyReferenceInTheDocumentLeadsSomewhere() {
        try (TestServer server = new TestServer()) {
            String document = server.stranger().get("/openapi.yaml").expect(200).text();
            List<String> references =
                    document.lines()
                            .filter(line -> line.contains("#/components/"))
                            .map(line -> line.replaceAll(".*#/components/([\\w/]+).*", "$1"))
                            .distinct()
                            .toList();
            assertThat(references).isNotEmpty();
            for (String reference : references) {
                String name = reference.substring(reference.indexOf('/') + 1);
                assertThat(document).contains("\n    " + name + ":\n");
            }
        }
    }

    private static String name(Route route) {
        return route.method() + " " + route.pattern();
    }

    /** Reads the paths by their indentation; a YAML parser would be a dependency for this alone. */
    private static Set<String> described(String document) {
        Set<String> described = new TreeSet<>();
        String path = "";
        boolean inPaths = false;
        for (String line : document.lines().toList()) {
            if (!line.startsWith(" ")) {
                inPaths = line.equals("paths:");
            } else if (inPaths && line.matches("  /\\S*:")) {
                path = line.strip().replaceAll(":$", "");
            } else if (inPaths && line.matches("    \\w+:")) {
                String method = line.strip().replaceAll(":$", "");
                if (METHODS.contains(method)) {
                    described.add(method.toUpperCase(java.util.Locale.ROOT) + " " + path);
                }
            }
        }
        return described;
    }
}
