# frozen_string_literal: true

# Runs config.ru on Puma, and says on which port.

require "rack"
require "puma"
require "puma/server"

app, = Rack::Builder.parse_file(File.join(__dir__, "config.ru"))
server = Puma::Server.new(app, Puma::Events.new($stderr, $stderr), min_threads: 4, max_threads: 16)
listener = server.add_tcp_listener("127.0.0.1", Integer(ENV.fetch("CORPUS_PORT", "0")))
thread = server.run
puts "listening on #{listener.addr[1]}"
$stdout.flush
thread.join
