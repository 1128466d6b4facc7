# frozen_string_literal: true

require "json"

# One delivery attempt as this consumer saw it.
Attempt = Struct.new(:svix_id, :type, :status)

# The list behind GET /_seen; as middleware, it enters every request before its answer goes out.
class Witness
  def initialize(app)
    @app = app
    @lock = Mutex.new
    @attempts = []
  end

  def call(env)
    return [200, { "Content-Type" => "application/json" }, [dump]] if env["PATH_INFO"] == "/_seen"

    attempt = Attempt.new(env["HTTP_SVIX_ID"])
    env["corpus.attempt"] = attempt
    status = 500
    begin
      status, headers, body = @app.call(env)
      [status, headers, body]
    ensure
      attempt.status ||= status < 300 ? "ignored" : "rejected"
      @lock.synchronize { @attempts << attempt }
    end
  end

  private

  def dump
    rows = @lock.synchronize { @attempts.map(&:to_h) }
    JSON.generate(rows.map { |row| row.transform_values { |value| value&.scrub } })
  end
end

# Stands for a database: saving a row is the effect that makes an attempt handled.
class Store
  def initialize
    @lock = Mutex.new
    @rows = {}
  end

  def save(attempt, kind, key, row)
    @lock.synchronize { (@rows[[kind, key]] ||= {}).merge!(row) }
    attempt.status = "handled"
  end
end
