// A consumer of Ada's webhooks on net/http. CORPUS_BUG names the one bug that it has; empty, it is correct.
package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

var bug = os.Getenv("CORPUS_BUG")

var (
	errSignature = errors.New("invalid signature")
	errMalformed = errors.New("malformed event")
)

// Server takes deliveries in.
type Server struct {
	key   []byte
	store *Store

	mu   sync.Mutex
	done map[string]time.Time
}

// verify checks the signature and the age of a delivery.
func (s *Server) verify(header http.Header, body []byte) error {
	id, timestamp := header.Get("svix-id"), header.Get("svix-timestamp")
	signatures := header.Get("svix-signature")
	if id == "" || timestamp == "" || signatures == "" {
		return errSignature
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil {
		return errSignature
	}
	if age := time.Since(time.Unix(seconds, 0)); math.Abs(age.Minutes()) > 5 && bug != "timestamp-unchecked" {
		return errSignature
	}
	mac := hmac.New(sha256.New, s.key)
	fmt.Fprintf(mac, "%s.%s.", id, timestamp)
	mac.Write(body)
	expected := mac.Sum(nil)
	if bug == "one-signature" {
		signatures = strings.SplitN(signatures, " ", 2)[0]
	}
	for _, signature := range strings.Fields(signatures) {
		version, value, _ := strings.Cut(signature, ",")
		given, err := base64.StdEncoding.DecodeString(value)
		if err == nil && version == "v1" && hmac.Equal(expected, given) {
			return nil
		}
	}
	return errSignature
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	limit := int64(32 << 20)
	if bug == "max-bytes-65536" {
		limit = 65536
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err != nil {
		http.Error(w, "cannot read the body", http.StatusRequestEntityTooLarge)
		return
	}
	if err := s.verify(r.Header, body); err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	var event Envelope
	if err := unmarshal(body, &event); err != nil {
		http.Error(w, errMalformed.Error(), http.StatusBadRequest)
		return
	}
	attemptOf(r.Context()).Type = &event.Type
	if bug == "goroutine-request-context" || bug == "goroutine" {
		s.later(r.Context(), r.Header.Get("svix-id"), event)
		w.WriteHeader(http.StatusAccepted)
		return
	}
	switch err := s.once(r.Context(), r.Header.Get("svix-id"), event); {
	case errors.Is(err, errMalformed):
		http.Error(w, err.Error(), http.StatusBadRequest)
	case err != nil:
		log.Printf("webhook %s: %v", r.Header.Get("svix-id"), err)
		http.Error(w, "internal error", http.StatusInternalServerError)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

func unmarshal(body []byte, event *Envelope) error {
	if bug != "disallow-unknown-fields" {
		return json.Unmarshal(body, event)
	}
	var strict struct {
		Envelope
		Tags []string `json:"tags"`
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&strict); err != nil {
		return err
	}
	*event = strict.Envelope
	return nil
}

// once handles a delivery unless that was done before.
func (s *Server) once(ctx context.Context, id string, event Envelope) error {
	if bug != "map-without-lock" {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	for earlier, at := range s.done {
		if time.Since(at) > 72*time.Hour {
			delete(s.done, earlier)
		}
	}
	if _, seen := s.done[id]; seen {
		attemptOf(ctx).Status = "duplicate"
		return nil
	}
	if err := s.dispatch(ctx, event); err != nil {
		return err
	}
	s.done[id] = time.Now()
	return nil
}

// later handles an event after the answer. The context of the request has ended by then, so a correct consumer
// takes another one.
func (s *Server) later(ctx context.Context, id string, event Envelope) {
	attempt := attemptOf(ctx)
	attempt.deferred = true
	if bug == "goroutine" {
		ctx = context.WithValue(context.Background(), attemptKey{}, attempt)
	}
	go func() {
		time.Sleep(20 * time.Millisecond)
		if err := s.once(ctx, id, event); err != nil {
			log.Printf("webhook %s: %v", id, err)
		}
		witness.enter(attempt, "ignored")
	}()
}

func (s *Server) dispatch(ctx context.Context, event Envelope) error {
	if bug == "conversations-only" && !strings.HasPrefix(event.Type, "v1.conversation.") {
		return nil
	}
	switch event.Type {
	case "v1.end_user.created", "v1.end_user.updated":
		data, err := decode[EndUser](event.Data)
		if err != nil {
			return fmt.Errorf("%w: %v", errMalformed, err)
		}
		name := text(data.Profile.DisplayName)
		if bug == "nil-pointer" {
			name = *data.Profile.DisplayName
		}
		return s.store.Save(ctx, "end_user", data.EndUserID, map[string]any{
			"name": name, "email": text(data.Profile.Email), "external": text(data.ExternalID),
			"updated": when(data.UpdatedAt), "metadata": data.Profile.Metadata,
		})
	case "v1.conversation.created", "v1.conversation.ended":
		return s.conversation(ctx, event)
	case "v1.conversation.message":
		data, err := decode[Message](event.Data)
		if err != nil {
			return fmt.Errorf("%w: %v", errMalformed, err)
		}
		row, err := s.message(event, data)
		if err != nil {
			return err
		}
		return s.store.Save(ctx, "message", data.MessageID, row)
	case "v1.conversation.handoff.ended":
		data, err := decode[Handoff](event.Data)
		if err != nil {
			return fmt.Errorf("%w: %v", errMalformed, err)
		}
		return s.store.Save(ctx, "handoff", data.ConversationID, text(data.Integration))
	case "v1.audit_log.emitted":
		data, err := decode[AuditLog](event.Data)
		if err != nil {
			return fmt.Errorf("%w: %v", errMalformed, err)
		}
		return s.store.Save(ctx, "audit", data.ID, data)
	default:
		if bug == "unknown-type-error" {
			return fmt.Errorf("unhandled event type %q", event.Type)
		}
		return nil
	}
}

func (s *Server) conversation(ctx context.Context, event Envelope) error {
	if bug == "metadata-map-string" {
		if _, err := decode[struct {
			Metadata map[string]string `json:"metadata"`
		}](event.Data); err != nil {
			return fmt.Errorf("%w: %v", errMalformed, err)
		}
	}
	if bug == "time-time-field" {
		if _, err := decode[struct {
			CreatedAt time.Time `json:"created_at"`
		}](event.Data); err != nil {
			return fmt.Errorf("%w: %v", errMalformed, err)
		}
	}
	data, err := decode[Conversation](event.Data)
	if err != nil {
		return fmt.Errorf("%w: %v", errMalformed, err)
	}
	row := map[string]any{
		"end_user": data.EndUserID, "created": when(data.CreatedAt), "metadata": data.Metadata,
	}
	if data.EndedBy != nil {
		row["ended_by"] = data.EndedBy.Role
	}
	return s.store.Save(ctx, "conversation", data.ConversationID, row)
}

func (s *Server) message(event Envelope, data Message) (map[string]any, error) {
	row := map[string]any{
		"conversation": data.ConversationID, "sent": when(event.Timestamp), "role": data.Author.Role,
		"by": text(data.Author.DisplayName), "channel": data.Channel.ID, "handoff": text(data.Handoff),
	}
	switch data.Content.Type {
	case "text":
		row["text"] = data.Content.Body
		if bug == "preview-runes" && len(data.Content.Body) > 80 {
			// Bytes are counted where characters are indexed.
			row["preview"] = string([]rune(data.Content.Body)[:80])
		}
	case "file":
		row["url"], row["filename"] = data.Content.URL, data.Content.Filename
	default:
		row["url"], row["text"] = data.Content.URL, text(data.Content.LinkText)
	}
	return row, nil
}

var witness = &Witness{}

func main() {
	log.SetFlags(0)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(os.Getenv("ADA_WEBHOOK_SECRET"), "whsec_"))
	if err != nil {
		log.Fatal(err)
	}
	server := &Server{
		key: key, store: &Store{rows: map[string]any{}}, done: map[string]time.Time{},
	}
	mux := http.NewServeMux()
	mux.Handle("/webhooks/ada", witness.around(server))
	mux.HandleFunc("/_seen", witness.list)
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("CORPUS_PORT"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on %d\n", listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(listener, mux))
}
