# An Action Cable server of Rails without the rest of Rails, for puma.
#
#   ChatChannel(room)   speak(text) is broadcast to all in the room; a room of "none" is refused
#   ?token=wrong        the connection is refused

require "logger"
require "action_cable"

class Connection < ActionCable::Connection::Base
  def connect
    reject_unauthorized_connection if request.params["token"] == "wrong"
  end
end

class ChatChannel < ActionCable::Channel::Base
  def subscribed
    params["room"] == "none" ? reject : stream_from("chat:#{params["room"]}")
  end

  def speak(data)
    ActionCable.server.broadcast("chat:#{params["room"]}", { text: data["text"] })
  end
end

ActionCable.server.config.tap do |config|
  config.logger = Logger.new(File::NULL)
  config.cable = { "adapter" => "async" }
  config.worker_pool_size = 1 # commands one after the other
  config.connection_class = -> { Connection }
  config.disable_request_forgery_protection = true
end

run ActionCable.server
