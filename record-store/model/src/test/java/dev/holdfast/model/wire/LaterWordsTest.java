package dev.holdfast.model.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.holdfast.model.ProblemCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What an older program makes of words that a newer server adds to its answers. */
class LaterWordsTest {
    private static final String NODE =
            "{\"node\":\"0000000000000000000000000000000a\",\"name\":\"n\",\"kind\":\"%s\","
                    + "\"rev\":1,\"content_rev\":0,\"size\":0,\"chunk_count\":0,"
                    + "\"mtime_nanos\":0,\"executable\":false,\"trashed\":false,\"later\":1}";

    private static <T> T read(String json, Class<T> type) throws JsonProcessingException {
        return WireJson.mapper().readValue(json, type);
    }

    @ParameterizedTest
    @EnumSource(ProblemCode.class)
    void everyKnownCodeReadsAsItself(ProblemCode code) throws JsonProcessingException {
        String json = WireJson.mapper().writeValueAsString(code);
        assertThat(read(json, ProblemCode.class)).isEqualTo(code);
        assertThat(
                        read(
                                        "{\"type\":\"t\",\"title\":\"t\",\"status\":"
                                                + code.status()
                                                + ",\"code\":"
                                                + json
                                                + ",\"detail\":\"d\",\"retryable\":"
                                                + code.retryable()
                                                + "}",
                                        Problem.class)
                                .code())
                .isEqualTo(code);
    }

    @Test
    void aResultWithALaterCodeIsARefusal() throws JsonProcessingException {
        OpResults results =
                read(
                        "{\"results\":[{\"sequence\":1,\"code\":\"frozen-by-policy\","
                                + "\"detail\":\"the folder is frozen\"},{\"sequence\":2}]}",
                        OpResults.class);
        assertThat(results.results().getFirst().done()).isFalse();
        assertThat(results.results().getFirst().code()).isEqualTo(ProblemCode.INVALID);
        assertThat(results.results().getFirst().detail()).isEqualTo("the folder is frozen");
        assertThat(results.results().getLast().done()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "503, true, UNAVAILABLE",
        "429, true, RATE_LIMITED",
        "409, true, UNAVAILABLE",
        "500, false, INTERNAL",
        "507, false, INTERNAL",
        "401, false, NOT_SIGNED_IN",
        "403, false, FORBIDDEN",
        "404, false, INVALID",
        "400, false, INVALID",
        "409, false, INVALID"
    })
    void aProblemWithALaterCodeIsReadByItsStatus(int status, boolean retryable, ProblemCode as)
            throws JsonProcessingException {
        Problem problem =
                read(
                        "{\"type\":\"t\",\"title\":\"t\",\"status\":"
                                + status
                                + ",\"code\":\"later\",\"detail\":\"d\",\"retryable\":"
                                + retryable
                                + "}",
                        Problem.class);
        assertThat(problem.code()).isEqualTo(as);
        assertThat(problem.status()).isEqualTo(status);
    }

    @Test
    void anEntryOfALaterKindSaysHowTheNodeIsNow() throws JsonProcessingException {
        ChangesPage page =
                read(
                        "{\"entries\":[{\"kind\":\"pinned\",\"node\":"
                                + NODE.formatted("file")
                                + "},{\"kind\":\"moved\",\"node\":"
                                + NODE.formatted("folder")
                                + "}],\"cursor\":\"c\",\"has_more\":false}",
                        ChangesPage.class);
        assertThat(page.entries())
                .extracting(ChangeEntry::kind)
                .containsExactly(ChangeKind.STATE, ChangeKind.MOVED);
    }

    /** What a node is cannot be guessed, and what a request says is not to be. */
    @Test
    void whatHasNoSafeMeaningFails() {
        assertThatThrownBy(() -> read(NODE.formatted("device"), NodeState.class))
                .isInstanceOf(JsonProcessingException.class);
        assertThatThrownBy(() -> read("{\"role\":\"admin\"}", MemberChange.class))
                .isInstanceOf(JsonProcessingException.class);
        assertThatThrownBy(() ->
                        read("{\"outstanding\":1,\"ops\":[{\"op\":\"later\"}]}", OpBatch.class))
                .isInstanceOf(JsonProcessingException.class);
    }
}
