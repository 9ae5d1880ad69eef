"""Certificates for the TLS cases, made once by `openssl` in the run's temporary folder."""

import os
import shutil
import ssl
import subprocess

from runner import need

CONFIG = """[req]
distinguished_name = dn
prompt = no
string_mask = utf8only
utf8 = yes
[dn]
CN = {name}
[ext]
basicConstraints = critical,CA:{ca}
subjectAltName = {san}
"""


class Material:
    """Paths: `ca` signs "good", "wrong" (another host), "named" (an address as a DNS name), "expired", "escapes", "soon" (3 days) and "client"; "short" is
    signed by an intermediate one, "intermediate", and comes without it; "self" signs itself; "other" is
    signed by a CA that nobody knows."""

    def __init__(self, folder):
        self.folder = folder
        self.ca = self._authority("ca", "Wire Test Root")
        self._authority("other-ca", "Nobody Knows This Root")
        self._leaf("good", "localhost", "DNS:localhost,IP:127.0.0.1")
        self._leaf("wrong", "shop.example", "DNS:shop.example,DNS:www.shop.example")
        self._leaf("named", "127.0.0.1", "DNS:127.0.0.1")
        self._leaf("other", "localhost", "DNS:localhost,IP:127.0.0.1", by="other-ca")
        self._leaf("escapes", "evil\x1b]52;c;aGk=\x07\x1b[31mname", "DNS:evil.example")
        self._leaf("client", "a client", "DNS:client.example")
        self._leaf("expired", "localhost", "DNS:localhost,IP:127.0.0.1", dates=("20200101000000Z", "20210101000000Z"))
        self._self_signed("self", "localhost", "DNS:localhost,IP:127.0.0.1")
        self._leaf("intermediate", "Wire Test Intermediate", "DNS:intermediate.example", ca="TRUE")
        self._leaf("short", "localhost", "DNS:localhost,IP:127.0.0.1", by="intermediate")
        self._leaf("soon", "localhost", "DNS:localhost,IP:127.0.0.1", days="3")

    def path(self, name):
        return os.path.join(self.folder, name)

    def cert(self, name):
        return self.path(name + ".pem")

    def key(self, name):
        return self.path(name + ".key")

    def _openssl(self, *args):
        made = subprocess.run(["openssl", *args], cwd=self.folder, capture_output=True, text=True, check=False)
        if made.returncode:
            raise RuntimeError(f"openssl {args[0]}: {made.stderr}")

    def _config(self, name, common, san, ca):
        path = self.path(name + ".cnf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(name=common, san=san, ca=ca))
        return path

    def _key(self, name):
        self._openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.key(name))

    def _self_signed(self, name, common, san, ca="FALSE"):
        self._key(name)
        config = self._config(name, common, san, ca)
        self._openssl("req", "-x509", "-new", "-key", self.key(name), "-config", config, "-extensions", "ext", "-days", "30",
                      "-out", self.cert(name))

    def _authority(self, name, common):
        self._self_signed(name, common, "DNS:ca.example", ca="TRUE")
        return self.cert(name)

    def _leaf(self, name, common, san, by="ca", dates=None, ca="FALSE", days="30"):
        self._key(name)
        config = self._config(name, common, san, ca)
        self._openssl("req", "-new", "-key", self.key(name), "-config", config, "-out", name + ".csr")
        if not dates:
            self._openssl("x509", "-req", "-in", name + ".csr", "-CA", self.cert(by), "-CAkey", self.key(by), "-days", days,
                          "-CAcreateserial", "-extfile", config, "-extensions", "ext", "-out", self.cert(name))
            return
        # Dates in the past are something that only `openssl ca` signs.
        with open(self.path("index.txt"), "w", encoding="ascii"):
            pass
        with open(config, "a", encoding="utf-8") as file:
            file.write("[ca]\ndefault_ca = past\n[past]\ndatabase = index.txt\nnew_certs_dir = .\npolicy = any\n"
                       "default_md = sha256\nrand_serial = yes\n[any]\ncommonName = supplied\n")
        self._openssl("ca", "-batch", "-config", config, "-in", name + ".csr", "-cert", self.cert(by), "-keyfile", self.key(by),
                      "-startdate", dates[0], "-enddate", dates[1], "-extensions", "ext", "-notext", "-out", self.cert(name))

    def server(self, name, names=None, ask_client=False, oldest=None, newest=None, alpn=None):
        """A server's context with that certificate; the SNI of each client is appended to `names`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert(name), self.key(name))
        if names is not None:
            context.sni_callback = lambda sock, server_name, ctx: names.append(server_name)
        if ask_client:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.ca)
        if oldest:
            context.minimum_version = oldest
        if newest:
            context.maximum_version = newest
        if alpn:
            context.set_alpn_protocols(alpn)
        return context


def of(test):
    need(shutil.which("openssl"), "openssl is not installed")
    return test.shared.once("tls", Material)
