# frozen_string_literal: true

require "json"
require "openssl"
require "rack"
require "time"

# A consumer of Ada's webhooks as a Rack application. CORPUS_BUG names its one bug; empty, it is correct.
class Consumer
  TOLERANCE = 300
  BUG = ENV.fetch("CORPUS_BUG", "")
  Author = Struct.new(:id, :role, :avatar, :display_name, keyword_init: true)

  def initialize(secret)
    @key = secret.delete_prefix("whsec_").unpack1("m")
    @store = Store.new
    @done = {}
    @lock = Mutex.new
  end

  def call(env)
    request = Rack::Request.new(env)
    return answer(404, "not found") unless request.path_info == "/webhooks/ada"
    return answer(405, "method not allowed") unless request.post?

    body = request.body.read
    return answer(401, "invalid signature") unless verified?(env, body)

    log(body) if BUG == "encoding-concat"
    event = JSON.parse(body)
    return answer(400, "not an event") unless event.is_a?(Hash)

    env["corpus.attempt"].type = event["type"] if event["type"].is_a?(String)
    once(env, event)
    answer(200, "ok")
  rescue JSON::ParserError
    answer(400, "malformed JSON")
  end

  private

  def answer(status, text)
    [status, { "Content-Type" => "application/json" }, [JSON.generate(message: text)]]
  end

  # The body is binary, the literal is UTF-8.
  def log(body)
    line = String.new("Ada → ")
    line << body[0, 2000]
    @last = line
  end

  def verified?(env, body)
    id = env["HTTP_SVIX_ID"]
    timestamp = env["HTTP_SVIX_TIMESTAMP"]
    signatures = env["HTTP_SVIX_SIGNATURE"]
    return false if [id, timestamp, signatures].any? { |value| value.nil? || value.empty? }

    age = Time.now.to_i - Integer(timestamp, 10)
    return false if (BUG == "future-accepted" ? age : age.abs) > TOLERANCE

    digest = OpenSSL::HMAC.digest("SHA256", @key, "#{id}.#{timestamp}.#{body}")
    expected = [digest].pack("m0")
    signatures.split.any? do |signature|
      version, value = signature.split(",", 2)
      version == "v1" && value && Rack::Utils.secure_compare(expected, value)
    end
  rescue ArgumentError
    false
  end

  # Handles a delivery unless that was done before.
  def once(env, event)
    if BUG == "instance-variable"
      @env = env
      @event = event
      sleep 0.005
      env = @env
      event = @event
    end
    id = env["HTTP_SVIX_ID"]
    @lock.synchronize do
      if @done[id]
        env["corpus.attempt"].status = "duplicate"
      else
        handle(env["corpus.attempt"], event)
        @done[id] = true
      end
    end
  end

  def handle(attempt, event)
    data = event["data"] || {}
    case event["type"]
    when "v1.end_user.created", "v1.end_user.updated"
      @store.save(attempt, :end_user, data["end_user_id"], end_user(data))
    when "v1.conversation.created", "v1.conversation.ended"
      @store.save(attempt, :conversation, data["conversation_id"], conversation(data))
    when "v1.conversation.message"
      @store.save(attempt, :message, data["message_id"], message(event, data))
    when "v1.conversation.handoff.ended"
      @store.save(attempt, :handoff, data["conversation_id"], by: data["handoff_integration"])
    when "v1.audit_log.emitted"
      @store.save(attempt, :audit, data["id"], activity: data["activity"], by: data["actor_email"])
    end
  end

  def end_user(data)
    profile = data["profile"] || {}
    name = profile["display_name"]
    {
      name: BUG == "nil-split" ? name.split.first : name.to_s.split.first,
      email: profile["email"],
      language: profile["language"],
      updated: time(data["updated_at"]),
      metadata: profile["metadata"] || {}
    }
  end

  def conversation(data)
    {
      end_user: data["end_user_id"],
      domain: BUG == "fetch" ? data.fetch("ai_agent_domain") : data["ai_agent_domain"],
      created: time(data["created_at"]),
      ended_by: data.dig("ended_by", "role"),
      metadata: metadata(data["metadata"] || {})
    }
  end

  def metadata(metadata)
    return metadata unless BUG == "metadata-strip"

    metadata.transform_values(&:strip)
  end

  def message(event, data)
    author = data["author"] || {}
    author = Author.new(**author.transform_keys(&:to_sym)).to_h.transform_keys(&:to_s) if BUG == "struct-keywords"
    {
      conversation: data["conversation_id"],
      sent: time(event["timestamp"]),
      role: author["role"],
      by: author["display_name"],
      channel: data.dig("channel", "id"),
      handoff: data["handoff_integration"]
    }.merge(content(data["content"] || {}))
  end

  def content(content)
    case content["type"]
    when "text" then { text: content["body"] }
    when "file" then { url: content["url"], filename: content["filename"] }
    when "link" then { url: content["url"], text: content["link_text"] }
    else
      # An if or a case without a match is nil, which merge does not take.
      BUG == "case-without-else" ? nil : { raw: content }
    end
  end

  # A time with a zone or, in UTC, without one; nil where there is none.
  def time(text)
    return nil if text.nil?
    return Time.strptime(text, "%Y-%m-%dT%H:%M:%S%z") if BUG == "strptime"

    Time.parse(text.match?(/(Z|[+-]\d\d:?\d\d)\z/) ? text : "#{text}Z")
  rescue ArgumentError
    raise if BUG == "strptime"

    nil
  end
end
