import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.List;
import java.util.Map;

/** Ada's events, as Jackson binds them: every component may be null. */
final class Events {
    private Events() {}

    record Envelope(String type, String timestamp, List<String> tags, JsonNode data) {}

    record Profile(
            String first_name, String last_name, String display_name, String avatar, String email,
            String language, Map<String, Object> metadata, Map<String, Object> system_properties) {}

    record EndUser(
            String end_user_id, String external_id, Profile profile, String created_at, String updated_at) {}

    record EndedBy(String id, String role) {}

    record Conversation(
            String conversation_id, String channel_id, String end_user_id, String created_at,
            String updated_at, Map<String, Object> metadata, EndedBy ended_by, String ai_agent_domain) {}

    record Author(String id, String role, String avatar, String display_name) {}

    record Capabilities(Boolean markdown) {}

    record Channel(
            String type, String id, String name, String description, String modality,
            Capabilities capabilities, Map<String, Object> metadata, String created_at) {}

    record Content(
            String type, String body, String url, String mime_type, String filename, String link_text) {}

    record Message(
            String message_id, String conversation_id, String end_user_id, String handoff_integration,
            Channel channel, String created_at, Author author, Content content, String ai_agent_domain) {}

    record Handoff(
            String conversation_id, String end_user_id, String handoff_integration, String ai_agent_domain) {}

    record AuditLog(
            String id, String timestamp, String actor_email, String actor_name, String actor_user_id,
            String entity_type, String entity_id, String entity_name, String activity, @JsonProperty("interface") String surface,
            String context_ip, String context_user_agent, String api_key_name) {}

    enum Role { end_user, ai_agent, human_agent }

    record StrictAuthor(String id, Role role, String avatar, String display_name) {}

    /** Reads a time with a zone or, in UTC, without one; null where there is none. */
    static OffsetDateTime when(String text) {
        if (text == null) {
            return null;
        }
        try {
            TemporalAccessor parsed = DateTimeFormatter.ISO_DATE_TIME.parseBest(
                    text, OffsetDateTime::from, LocalDateTime::from);
            return parsed instanceof LocalDateTime local
                    ? local.atOffset(ZoneOffset.UTC)
                    : (OffsetDateTime) parsed;
        } catch (DateTimeException unreadable) {
            return null;
        }
    }
}
