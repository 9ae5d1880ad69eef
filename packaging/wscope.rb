# Homebrew formula. The address and the checksum are those of the release, once there is one.
class Wscope < Formula
  desc "WebSocket client and debugging tool"
  homepage "https://example.com/wscope"
  url "https://example.com/wscope/wscope-0.2.0.tar.xz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "MIT"

  depends_on "pkgconf" => :build
  depends_on "cjson"
  depends_on "libedit"
  depends_on "libidn2"
  depends_on "libuv"
  depends_on "openssl@3"

  uses_from_macos "zlib"

  def install
    system "./configure", "--disable-silent-rules", *std_configure_args
    system "make", "install"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/wscope version")
    assert_match "What next", shell_output("#{bin}/wscope demo 2>&1 </dev/null")
  end
end
