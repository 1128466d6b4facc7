import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A consumer of Ada's webhooks on the JDK's HttpServer. CORPUS_BUG names its one bug; empty, it is correct. */
final class Consumer implements HttpHandler {
    private static final String BUG = System.getenv().getOrDefault("CORPUS_BUG", "");
    private static final Witness WITNESS = new Witness();

    private final byte[] key;
    private final ObjectMapper mapper = new ObjectMapper()
            .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, BUG.equals("unknown-properties"));
    private final Witness.Store store = new Witness.Store();
    private final Set<String> done = ConcurrentHashMap.newKeySet();

    Consumer(String secret) {
        key = Base64.getDecoder().decode(secret.replaceFirst("^whsec_", ""));
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        if (!exchange.getRequestMethod().equals("POST")) {
            answer(exchange, 405, "method not allowed");
            return;
        }
        byte[] body = read(exchange);
        Headers headers = exchange.getRequestHeaders();
        if (!verified(headers, body)) {
            answer(exchange, 401, "invalid signature");
            return;
        }
        try {
            Events.Envelope event = mapper.readValue(body, Events.Envelope.class);
            if (event == null) {
                answer(exchange, 400, "malformed event");
                return;
            }
            Witness.CURRENT.get().type = event.type();
            once(headers.getFirst("svix-id"), event);
            answer(exchange, 200, "ok");
        } catch (JsonProcessingException malformed) {
            answer(exchange, 400, "malformed event");
        } catch (RuntimeException error) {
            System.err.println("webhook failed: " + error);
            if (BUG.equals("map-of-null")) {
                throw error;
            }
            answer(exchange, 500, "internal error");
        }
    }

    private byte[] read(HttpExchange exchange) throws IOException {
        try (InputStream in = exchange.getRequestBody()) {
            if (BUG.equals("available")) {
                byte[] buffer = new byte[in.available()];
                int length = Math.max(in.read(buffer), 0);
                return java.util.Arrays.copyOf(buffer, length);
            }
            return in.readAllBytes();
        }
    }

    private boolean verified(Headers headers, byte[] body) {
        String id = headers.getFirst("svix-id");
        String timestamp = headers.getFirst("svix-timestamp");
        String signatures = headers.getFirst("svix-signature");
        if (id == null || timestamp == null || signatures == null) {
            return false;
        }
        try {
            long age = Instant.now().getEpochSecond() - Long.parseLong(timestamp);
            if (age > 300 || (age < -300 && !BUG.equals("future-accepted"))) {
                return false;
            }
            byte[] signed = body;
            if (BUG.equals("string-body")) {
                signed = new String(body, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8);
            }
            if (BUG.equals("default-charset")) {
                // new String(body).getBytes() is this on Java 17 where the locale is C or POSIX.
                signed = new String(body, StandardCharsets.US_ASCII).getBytes(StandardCharsets.US_ASCII);
            }
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
            byte[] expected = mac.doFinal(signed);
            for (String signature : signatures.split(" ")) {
                if (signature.startsWith("v1,") && matches(expected, signature.substring(3))) {
                    return true;
                }
            }
            return false;
        } catch (NumberFormatException malformed) {
            return false;
        } catch (GeneralSecurityException error) {
            throw new IllegalStateException(error);
        }
    }

    private static boolean matches(byte[] expected, String value) {
        try {
            return MessageDigest.isEqual(expected, Base64.getDecoder().decode(value));
        } catch (IllegalArgumentException notBase64) {
            if (BUG.equals("base64-uncaught")) {
                throw notBase64;
            }
            return false;
        }
    }

    /** Handles a delivery unless that was done before. */
    private void once(String id, Events.Envelope event) throws JsonProcessingException {
        if (BUG.equals("contains-then-add")) {
            if (done.contains(id)) {
                Witness.note("duplicate");
                return;
            }
            pause(20);
            dispatch(event);
            done.add(id);
            return;
        }
        synchronized (done) {
            if (done.contains(id)) {
                Witness.note("duplicate");
                return;
            }
            dispatch(event);
            done.add(id);
        }
    }

    private static void pause(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void dispatch(Events.Envelope event) throws JsonProcessingException {
        String type = event.type() == null ? "" : event.type();
        switch (type) {
            case "v1.end_user.created", "v1.end_user.updated" -> endUser(bound(event, Events.EndUser.class));
            case "v1.conversation.created", "v1.conversation.ended" ->
                    conversation(bound(event, Events.Conversation.class));
            case "v1.conversation.message" -> message(event, bound(event, Events.Message.class));
            case "v1.conversation.handoff.ended" -> {
                Events.Handoff handoff = bound(event, Events.Handoff.class);
                store.save("handoff", handoff.conversation_id(), handoff);
            }
            case "v1.audit_log.emitted" -> {
                Events.AuditLog audit = bound(event, Events.AuditLog.class);
                store.save("audit", audit.id(), audit);
            }
            default -> { }
        }
    }

    private <T> T bound(Events.Envelope event, Class<T> type) throws JsonProcessingException {
        JsonNode data = event.data() == null || event.data().isNull() ? mapper.createObjectNode() : event.data();
        return mapper.treeToValue(data, type);
    }

    private void endUser(Events.EndUser data) {
        Map<String, Object> row = new HashMap<>();
        row.put("external_id", data.external_id());
        row.put("updated", Events.when(data.updated_at()));
        Events.Profile profile = data.profile();
        if (profile != null) {
            row.put("name", profile.display_name());
            row.put("email", profile.email());
            row.put("metadata", profile.metadata());
            if (BUG.equals("integer-cast") && profile.metadata() != null) {
                for (Map.Entry<String, Object> entry : profile.metadata().entrySet()) {
                    if (entry.getValue() instanceof Number) {
                        row.put("n_" + entry.getKey(), (Integer) entry.getValue());
                    }
                }
            }
        }
        store.save("end_user", data.end_user_id(), row);
    }

    private void conversation(Events.Conversation data) {
        Map<String, Object> row = new HashMap<>();
        row.put("end_user", data.end_user_id());
        row.put("metadata", data.metadata());
        row.put("created", Events.when(data.created_at()));
        if (BUG.equals("offset-date-time") && data.created_at() != null) {
            row.put("created", OffsetDateTime.parse(data.created_at()));
        }
        if (data.ended_by() != null) {
            row.put("ended_by", data.ended_by().role());
        }
        store.save("conversation", data.conversation_id(), row);
    }

    private void message(Events.Envelope event, Events.Message data) throws JsonProcessingException {
        Map<String, Object> row = new HashMap<>();
        row.put("conversation", data.conversation_id());
        row.put("sent", Events.when(event.timestamp()));
        row.put("handoff", data.handoff_integration());
        Events.Author author = data.author();
        if (author != null) {
            row.put("role", author.role());
            row.put("by", author.display_name());
            if (BUG.equals("map-of-null")) {
                row.put("author", Map.of("role", author.role(), "name", author.display_name()));
            }
            if (BUG.equals("enum-role")) {
                mapper.treeToValue(event.data().get("author"), Events.StrictAuthor.class);
            }
        }
        Events.Content content = data.content();
        if (content != null) {
            row.put("text", content.body());
            row.put("url", content.url());
            row.put("filename", content.filename());
        }
        if (data.channel() != null) {
            row.put("channel", data.channel().id());
            row.put("channel_metadata", data.channel().metadata());
        }
        store.save("message", data.message_id(), row);
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        Witness.Attempt attempt = Witness.CURRENT.get();
        WITNESS.enter(attempt, status < 300 ? "ignored" : "rejected");
        if (BUG.equals("duplicate-unclosed") && "duplicate".equals(attempt.status)) {
            // 0 stands for a body of unknown length, which ends when the exchange is closed.
            exchange.sendResponseHeaders(status, 0);
            return;
        }
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    public static void main(String[] arguments) throws IOException {
        int port = Integer.parseInt(System.getenv().getOrDefault("CORPUS_PORT", "0"));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 256);
        server.createContext("/webhooks/ada", WITNESS.around(new Consumer(System.getenv("ADA_WEBHOOK_SECRET"))));
        server.createContext("/_seen", WITNESS);
        if (!BUG.equals("one-thread")) {
            server.setExecutor(Executors.newFixedThreadPool(16));
        }
        server.start();
        System.out.println("listening on " + server.getAddress().getPort());
    }
}
