package main

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
)

// Attempt is one delivery attempt as this consumer saw it.
type Attempt struct {
	SvixID *string `json:"svix_id"`
	Type   *string `json:"type"`
	Status string  `json:"status"`

	deferred bool
}

type attemptKey struct{}

// attemptOf is the attempt that a context belongs to.
func attemptOf(ctx context.Context) *Attempt {
	attempt, _ := ctx.Value(attemptKey{}).(*Attempt)
	return attempt
}

// Witness is the list behind GET /_seen.
type Witness struct {
	mu       sync.Mutex
	attempts []*Attempt
}

func (w *Witness) enter(attempt *Attempt, otherwise string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if attempt.Status == "" {
		attempt.Status = otherwise
	}
	w.attempts = append(w.attempts, attempt)
}

func (w *Witness) list(rw http.ResponseWriter, _ *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	rw.Header().Set("Content-Type", "application/json")
	attempts := w.attempts
	if attempts == nil {
		attempts = []*Attempt{}
	}
	json.NewEncoder(rw).Encode(attempts)
}

// statusWriter enters the attempt just before the answer goes out.
type statusWriter struct {
	http.ResponseWriter
	witness *Witness
	attempt *Attempt
	entered bool
}

func (s *statusWriter) enter(otherwise string) {
	if !s.entered && !s.attempt.deferred {
		s.witness.enter(s.attempt, otherwise)
	}
	s.entered = true
}

func (s *statusWriter) WriteHeader(status int) {
	if status < 300 {
		s.enter("ignored")
	} else {
		s.enter("rejected")
	}
	s.ResponseWriter.WriteHeader(status)
}

func (s *statusWriter) Write(data []byte) (int, error) {
	s.enter("ignored")
	return s.ResponseWriter.Write(data)
}

// around enters every request to the application in the witness.
func (w *Witness) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		attempt := &Attempt{}
		if id := r.Header.Get("svix-id"); id != "" {
			attempt.SvixID = &id
		}
		writer := &statusWriter{ResponseWriter: rw, witness: w, attempt: attempt}
		defer func() {
			if broken := recover(); broken != nil {
				writer.enter("rejected")
				panic(broken)
			}
			writer.enter("ignored")
		}()
		next.ServeHTTP(writer, r.WithContext(context.WithValue(r.Context(), attemptKey{}, attempt)))
	})
}

// Store stands for a database: saving a row is the effect that makes an attempt handled.
type Store struct {
	mu   sync.Mutex
	rows map[string]any
}

// Save inserts or replaces a row, unless the context is done, as database/sql does.
func (s *Store) Save(ctx context.Context, kind, key string, row any) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows[kind+"/"+key] = row
	attemptOf(ctx).Status = "handled"
	return nil
}
