// Express consumers that misread what an event may contain.
import { registry } from "./lib/consumer.mjs";
import { ExpressConsumer } from "./lib/express.mjs";

registry["express-audit-activity"] = class extends ExpressConsumer {
  auditTitle(data) {
    switch (data.activity) {
      case "created":
      case "updated":
      case "deleted":
      case "executed":
        return `${data.entity_type} was ${data.activity}`;
      default:
        throw new Error(`unexpected activity ${data.activity}`);
    }
  }
};

registry["express-type-split"] = class extends ExpressConsumer {
  actions = {
    end_user: { created: "endUser", updated: "endUser" },
    conversation: { created: "created", message: "message", ended: "ended" },
    audit_log: { emitted: "audit" },
    handoff: { ended: "handoffEnded" },
  };

  async dispatch(event) {
    const [, entity, action] = String(event.type).split(".");
    if (!(entity in this.actions)) return this.unknown(event);
    if (action !== "handoff" && !(action in this.actions[entity])) return this.unknown(event);
    this[this.actions[entity][action]](event, event.data ?? {});
    return { status: 200, body: {}, headers: {} };
  }
};

registry["express-link-text-trim"] = class extends ExpressConsumer {
  content(content) {
    if (content.type === "link" && content.link_text !== undefined) {
      return { url: content.url, text: content.link_text.trim() };
    }
    return super.content(content);
  }
};

registry["express-sunshine-id"] = class extends ExpressConsumer {
  profile(profile) {
    const { sunshine_user_id: sunshine = "" } = profile.system_properties ?? {};
    return { ...super.profile(profile), sunshine: sunshine.toLowerCase() };
  }
};

registry["express-ended-by-destructured"] = class extends ExpressConsumer {
  endedBy(data) {
    const { id, role } = data.ended_by;
    return { id, role };
  }
};

registry["express-channel-metadata-entries"] = class extends ExpressConsumer {
  channel(channel) {
    return { ...super.channel(channel), metadata: channel.id && Object.entries(channel.metadata) };
  }
};

registry["express-metadata-dotted"] = class extends ExpressConsumer {
  metadata(metadata) {
    const tree = {};
    for (const [name, value] of Object.entries(metadata)) {
      const path = name.split(".");
      let node = tree;
      for (const part of path.slice(0, -1)) node = node[part] ??= {};
      node[path.at(-1)] = value;
    }
    return tree;
  }
};

registry["express-metadata-index"] = class extends ExpressConsumer {
  index = {};

  metadata(metadata) {
    for (const [name, value] of Object.entries(metadata)) {
      if (!this.index[name]) this.index[name] = [];
      this.index[name].push(value);
    }
    return super.metadata(metadata);
  }
};

registry["express-unsafe-integer"] = class extends ExpressConsumer {
  metadata(metadata) {
    for (const [name, value] of Object.entries(metadata)) {
      if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw new RangeError(`${name} lost precision`);
    }
    return super.metadata(metadata);
  }
};

registry["express-postgres-nul"] = class extends ExpressConsumer {
  content(content) {
    const row = super.content(content);
    if (row.text?.includes("\u0000")) throw new Error("invalid byte sequence for encoding \"UTF8\": 0x00");
    return row;
  }
};

registry["express-three-digits"] = class extends ExpressConsumer {
  when(value) {
    if (!value) return null;
    if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?(Z|[+-]\d\d:\d\d)?$/.test(value)) {
      throw new TypeError(`not an ISO 8601 time: ${value}`);
    }
    return super.when(value);
  }
};

registry["express-email-link"] = class extends ExpressConsumer {
  content(content, data) {
    const row = super.content(content);
    if (data.channel?.modality === "email") row.html = this.paragraphs(content);
    return row;
  }

  paragraphs(content) {
    const text = content.type === "file" ? content.filename : content.body;
    return text.split("\n").map((line) => `<p>${line}</p>`);
  }
};

registry["express-handler-missing"] = class extends ExpressConsumer {
  async dispatch(event) {
    await this.handlers[event.type](event, event.data ?? {});
    return { status: 200, body: {}, headers: {} };
  }
};
