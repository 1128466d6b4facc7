# frozen_string_literal: true

require_relative "witness"
require_relative "consumer"

use Witness
run Consumer.new(ENV.fetch("ADA_WEBHOOK_SECRET"))
