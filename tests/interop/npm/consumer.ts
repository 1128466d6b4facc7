// A consumer of Ada's webhooks, written against events.d.ts.
import type { AdaEvent, AdaEvents, AdaEventType, UnknownAdaEvent } from "../events.js";

export function describe(event: AdaEvent): string {
  switch (event.type) {
    case "v1.conversation.message": {
      const { content, author, channel, handoff_integration: integration } = event.data;
      const who: string = author?.display_name ?? author?.role ?? "somebody";
      const where: string = channel?.type === "custom" ? (channel.created_at ?? "") : (channel?.name ?? "");
      const through: string | null | undefined = integration;
      switch (content?.type) {
        case "text":
          return `${who}: ${content.body} ${where} ${through}`;
        case "link":
          return `${who}: ${content.url ?? ""} ${content.link_text ?? ""}`;
        case "file":
          return `${who}: ${content.filename} (${content.mime_type})`;
        default:
          return who;
      }
    }
    case "v1.conversation.ended": {
      const role = event.data.ended_by?.role;
      if (role === "system") return "by nobody";
      return role === "supervisor" ? "a role that is not documented yet" : (role ?? "");
    }
    case "v1.conversation.created":
      return Object.entries(event.data.metadata ?? {})
        .map(([key, value]: [string, string | boolean | number]) => `${key}=${value}`)
        .join();
    case "v1.conversation.handoff.ended":
      return event.data.handoff_integration.toUpperCase();
    case "v1.end_user.created":
    case "v1.end_user.updated":
      return event.data.profile?.email ?? event.tags?.join() ?? "";
    case "v1.audit_log.emitted":
      return event.data.activity;
    default:
      return "an event type that is not documented yet";
  }
}

type Handlers = { [T in AdaEventType]?: (event: AdaEvents[T]) => void };
export const handlers: Handlers = { "v1.conversation.ended": (event) => void event.data.conversation_id };

export const unknown: UnknownAdaEvent = { type: "v1.conversation.reopened" };

// @ts-expect-error: a text has no url
export const wrong: AdaEvent = { type: "v1.conversation.message", timestamp: "", data: { content: { type: "text", url: "" } } };

// @ts-expect-error: an envelope without its data
export const bare: AdaEvent = { type: "v1.conversation.ended", timestamp: "" };
