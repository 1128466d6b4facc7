package main

import (
	"encoding/json"
	"fmt"
	"time"
)

// Envelope is what all events have in common.
type Envelope struct {
	Type      string          `json:"type"`
	Timestamp string          `json:"timestamp"`
	Data      json.RawMessage `json:"data"`
}

// Profile is what an end user told of themselves.
type Profile struct {
	FirstName   *string        `json:"first_name"`
	DisplayName *string        `json:"display_name"`
	Email       *string        `json:"email"`
	Language    *string        `json:"language"`
	Metadata    map[string]any `json:"metadata"`
}

// EndUser is the data of v1.end_user.created and .updated.
type EndUser struct {
	EndUserID  string  `json:"end_user_id"`
	ExternalID *string `json:"external_id"`
	Profile    Profile `json:"profile"`
	UpdatedAt  string  `json:"updated_at"`
}

// Conversation is the data of v1.conversation.created and .ended.
type Conversation struct {
	ConversationID string         `json:"conversation_id"`
	EndUserID      string         `json:"end_user_id"`
	CreatedAt      string         `json:"created_at"`
	Metadata       map[string]any `json:"metadata"`
	EndedBy        *struct {
		ID   *string `json:"id"`
		Role string  `json:"role"`
	} `json:"ended_by"`
}

// Author is who wrote a message.
type Author struct {
	ID          *string `json:"id"`
	Role        string  `json:"role"`
	DisplayName *string `json:"display_name"`
}

// Message is the data of v1.conversation.message.
type Message struct {
	MessageID      string  `json:"message_id"`
	ConversationID string  `json:"conversation_id"`
	Handoff        *string `json:"handoff_integration"`
	Author         Author  `json:"author"`
	Channel        struct {
		ID       string         `json:"id"`
		Modality string         `json:"modality"`
		Metadata map[string]any `json:"metadata"`
	} `json:"channel"`
	Content struct {
		Type     string  `json:"type"`
		Body     string  `json:"body"`
		URL      string  `json:"url"`
		Filename string  `json:"filename"`
		LinkText *string `json:"link_text"`
	} `json:"content"`
}

// Handoff is the data of v1.conversation.handoff.ended.
type Handoff struct {
	ConversationID string  `json:"conversation_id"`
	Integration    *string `json:"handoff_integration"`
}

// AuditLog is the data of v1.audit_log.emitted.
type AuditLog struct {
	ID         string `json:"id"`
	Activity   string `json:"activity"`
	EntityType string `json:"entity_type"`
	ActorEmail string `json:"actor_email"`
}

var layouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"}

// when reads a time with a zone or, in UTC, without one; the zero time where there is none.
func when(text string) time.Time {
	for _, layout := range layouts {
		if moment, err := time.Parse(layout, text); err == nil {
			return moment
		}
	}
	return time.Time{}
}

func text(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}

func decode[T any](data json.RawMessage) (T, error) {
	var into T
	if len(data) == 0 {
		return into, nil
	}
	if err := json.Unmarshal(data, &into); err != nil {
		return into, fmt.Errorf("data: %w", err)
	}
	return into, nil
}
