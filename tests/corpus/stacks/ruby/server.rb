# frozen_string_literal: true

# Runs config.ru on Puma, or on WEBrick as rackup does where there is no other server, and says on which port.

require "rack"

def announce(port)
  puts "listening on #{port}"
  $stdout.flush
end

def webrick(app, port)
  require "rack/handler/webrick"
  options = { Host: "127.0.0.1", Port: port, Logger: WEBrick::Log.new($stderr, WEBrick::Log::WARN), AccessLog: [] }
  Rack::Handler::WEBrick.run(app, **options) do |server|
    server.config[:StartCallback] = -> { announce(server.listeners.first.addr[1]) }
  end
end

def puma(app, port)
  require "puma"
  require "puma/server"
  server = Puma::Server.new(app, Puma::Events.new($stderr, $stderr), min_threads: 4, max_threads: 16)
  listener = server.add_tcp_listener("127.0.0.1", port)
  thread = server.run
  announce(listener.addr[1])
  thread.join
end

app, = Rack::Builder.parse_file(File.join(__dir__, "config.ru"))
send(ENV["CORPUS_BUG"] == "webrick" ? :webrick : :puma, app, Integer(ENV.fetch("CORPUS_PORT", "0")))
