#!/bin/sh
# formula.sh: the Homebrew formula, as far as it can be tried without Homebrew: Ruby reads it, it has
# what a formula needs, and it knows the version and the libraries that configure looks for. Run by
# `make check-formula`.
set -eu

here=$(realpath "$(dirname "$0")")
top=$here/../..
formula=$top/packaging/wscope.rb

command -v ruby >/dev/null 2>&1 || {
    echo 'formula.sh: something is missing: apt-get install ruby' >&2
    exit 1
}
ruby -c "$formula"
# The program below stands in for Homebrew: it takes down what the formula declares.
ruby -e '
class Formula
  FIELDS = %i[desc homepage url sha256 license].freeze
  FIELDS.each { |field| define_singleton_method(field) { |value| said[field] = value } }
  def self.said = (@said ||= {})
  def self.needs = (@needs ||= [])
  def self.depends_on(what) = needs << (what.is_a?(Hash) ? what.keys.first : what)
  def self.uses_from_macos(what) = needs << what
  def self.test = nil
end
load ARGV[0]
version = ARGV[1]
missing = Formula::FIELDS.reject { |field| Wscope.said.key?(field) }
abort "the formula lacks #{missing.join(" ")}" unless missing.empty?
abort "the formula has no install" unless Wscope.method_defined?(:install)
abort "the url is not of version #{version}" unless Wscope.said[:url].end_with?("wscope-#{version}.tar.xz")
abort "sha256 is none" unless Wscope.said[:sha256].match?(/\A\h{64}\z/)
abort "desc is longer than 80 characters" if Wscope.said[:desc].length > 80
wanted = %w[cjson libedit libidn2 libuv openssl@3 zlib]
abort "the formula lacks #{(wanted - Wscope.needs).join(" ")}" unless (wanted - Wscope.needs).empty?
' "$formula" "$(sed -n 's/^AC_INIT(\[wscope\], \[\(.*\)\])/\1/p' "$top/configure.ac")"
echo 'formula.sh: Ruby reads the formula; fields, version and libraries are there'
