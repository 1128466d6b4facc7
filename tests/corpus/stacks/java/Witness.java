import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The list behind GET /_seen: what became of every received attempt. */
final class Witness implements HttpHandler {
    /** One delivery attempt as this consumer saw it. */
    static final class Attempt {
        final String svixId;
        String type;
        String status;
        boolean entered;

        Attempt(String svixId) {
            this.svixId = svixId;
        }
    }

    static final ThreadLocal<Attempt> CURRENT = new ThreadLocal<>();

    private final List<Attempt> attempts = new ArrayList<>();

    static void note(String status) {
        CURRENT.get().status = status;
    }

    synchronized void enter(Attempt attempt, String otherwise) {
        if (attempt.entered) {
            return;
        }
        attempt.entered = true;
        if (attempt.status == null) {
            attempt.status = otherwise;
        }
        attempts.add(attempt);
    }

    /** Makes every request an attempt; what answers it enters it before the answer goes out. */
    HttpHandler around(HttpHandler application) {
        return exchange -> {
            Attempt attempt = new Attempt(exchange.getRequestHeaders().getFirst("svix-id"));
            CURRENT.set(attempt);
            try {
                application.handle(exchange);
            } finally {
                enter(attempt, "rejected");
            }
        };
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        List<Map<String, String>> rows = new ArrayList<>();
        synchronized (this) {
            for (Attempt attempt : attempts) {
                Map<String, String> row = new LinkedHashMap<>();
                row.put("svix_id", attempt.svixId);
                row.put("type", attempt.type);
                row.put("status", attempt.status);
                rows.add(row);
            }
        }
        byte[] json = new ObjectMapper().writeValueAsBytes(rows);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, json.length);
        exchange.getResponseBody().write(json);
        exchange.close();
    }

    /** Stands for a database: saving a row is the effect that makes an attempt handled. */
    static final class Store {
        private final Map<String, Object> rows = new ConcurrentHashMap<>();

        void save(String kind, String key, Object row) {
            rows.put(kind + "/" + key, row);
            note("handled");
        }
    }
}
