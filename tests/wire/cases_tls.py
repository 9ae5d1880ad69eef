"""wss: what is trusted, what is refused, and what is said about it."""

import base64
import hashlib
import os
import ssl
import subprocess

from events import single
from frames import PING, PONG, TEXT, frame
from judge import same
from rawserver import Unmet, response
from runner import case
import tls_material


def url_of(t, host="localhost"):
    return f"wss://{host}:{t.port}/"


def accepted(t, *args, cert="good", host="localhost", **server):
    material = tls_material.of(t)
    made = t.start("-n", *[a.format(m=material) for a in args], url_of(t, host))
    conn = t.accept()
    conn.start_tls(material.server(cert, **server))
    conn.open()
    conn.send(frame(TEXT, b"over TLS"))
    conn.finish()
    made.exits(0)
    return made


def rejected(t, status, *words, args=(), cert="good", host="localhost", **server):
    material = tls_material.of(t)
    for form in ((), ("--json",)):
        made = t.start("-n", *form, *[a.format(m=material) for a in args], url_of(t, host))
        conn = t.accept()
        refuse_tls(conn, material.server(cert, **server))
        made.exits(status)
        if form:
            error = single(made.json(), "error")
            same((error["code"], error["stage"]), (status, "tls"))
        else:
            made.says(*words)
            if status == 60:
                made.says("hint")


def refuse_tls(conn, context):
    """A TLS handshake that one of the two sides breaks off. The stream is read to its end, because a close over unread bytes
    is a RST, which can take an alert with it that was sent before."""
    try:
        conn.start_tls(context)
        conn.fill("an alert")
    except (OSError, AssertionError):
        pass
    conn.drain()


CA = ["--cacert", "{m.ca}"]


@case("tls: a certificate of a known CA is accepted")
def good(t):
    accepted(t, *CA).prints(b"over TLS\n")


@case("tls: an IP address in the certificate is verified as one")
def good_ip(t):
    accepted(t, *CA, host="127.0.0.1")


@case("tls: an expired certificate: exit 60, its date named")
def expired(t):
    rejected(t, 60, "expired", "2021", args=CA, cert="expired")


@case("tls: a wrong host: exit 60, both names reported")
def wrong_host(t):
    rejected(t, 60, "shop\\.example", "localhost", args=CA, cert="wrong")


@case("tls: a wrong IP address: exit 60, both names reported")
def wrong_ip(t):
    rejected(t, 60, "shop\\.example", "127\\.0\\.0\\.1", args=CA, cert="wrong", host="127.0.0.1")


@case("tls: an address that the certificate has as a DNS name only: exit 60, said so")
def address_as_name(t):
    rejected(t, 60, "has \"127\\.0\\.0\\.1\" as a DNS name, not as the IP address", args=CA, cert="named", host="127.0.0.1")


@case("tls: a self-signed certificate: exit 60, said so")
def self_signed(t):
    rejected(t, 60, "self.signed", "localhost", cert="self", args=CA)


@case("tls: an unknown CA: exit 60, its issuer named")
def unknown_ca(t):
    rejected(t, 60, "Nobody Knows This Root", args=CA, cert="other")


@case("tls: without --cacert the system's trust is used")
def system_trust(t):
    rejected(t, 60, "Wire Test Root")


@case("tls: SSL_CERT_FILE is honoured")
def cert_file(t):
    material = tls_material.of(t)
    made = t.start("-n", url_of(t), env={"SSL_CERT_FILE": material.ca})
    conn = t.accept()
    conn.start_tls(material.server("good"))
    conn.open()
    conn.finish()
    made.exits(0)


@case("tls: --capath and SSL_CERT_DIR are honoured")
def cert_dir(t):
    material = tls_material.of(t)
    folder = t.folder()
    subject = subprocess.run(["openssl", "x509", "-in", material.ca, "-noout", "-subject_hash"], capture_output=True, text=True,
                             check=True).stdout.strip()
    os.symlink(material.ca, os.path.join(folder, subject + ".0"))
    for args, env in ((["--capath", folder], {}), ([], {"SSL_CERT_DIR": folder})):
        made = t.start("-n", *args, url_of(t), env=env)
        conn = t.accept()
        conn.start_tls(material.server("good"))
        conn.open()
        conn.finish()
        made.exits(0)


@case("tls: -k connects anyway, and says that nothing was verified")
def insecure(t):
    made = accepted(t, "-k", "-v", cert="wrong")
    made.says("not verified|unverified|insecure")


@case("tls: --servername names what is verified and sent as SNI")
def servername(t):
    names = []
    accepted(t, *CA, "--servername", "shop.example", cert="wrong", names=names)
    same(names, ["shop.example"])


def pin_of(material, name):
    made = subprocess.run(["openssl", "x509", "-in", material.cert(name), "-noout", "-pubkey"], capture_output=True, check=True)
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=made.stdout, capture_output=True, check=True).stdout
    return "sha256//" + base64.b64encode(hashlib.sha256(der).digest()).decode()


@case("tls: --pinnedpubkey accepts its key, one of several too")
def pinned(t):
    material = tls_material.of(t)
    pin = pin_of(material, "good")
    accepted(t, *CA, "--pinnedpubkey", pin)
    accepted(t, *CA, "--pinnedpubkey", "sha256//" + "A" * 43 + "=;" + pin)


@case("tls: --pinnedpubkey refuses another key, with -k too: exit 60")
def pin_differs(t):
    material = tls_material.of(t)
    other = pin_of(material, "self")
    rejected(t, 60, "pin", args=CA + ["--pinnedpubkey", other])
    rejected(t, 60, "pin", args=["-k", "--pinnedpubkey", other])


@case("tls: a client certificate is presented")
def client_certificate(t):
    accepted(t, *CA, "--cert", "{m.folder}/client.pem", "--key", "{m.folder}/client.key", ask_client=True)


for _newest, _name in ((ssl.TLSVersion.TLSv1_2, "1.2"), (ssl.TLSVersion.TLSv1_3, "1.3")):

    @case(f"tls: a missing client certificate is refused under TLS {_name}: exit 35, --cert named")
    def client_missing(t, newest=_newest):
        rejected(t, 35, "certificate", "--cert", args=CA, ask_client=True, newest=newest)

    @case(f"tls: a client certificate that the server refuses under TLS {_name}: exit 35")
    def client_refused(t, newest=_newest):
        rejected(t, 35, "certificate|unknown", args=CA + ["--cert", "{m.folder}/self.pem", "--key", "{m.folder}/self.key"],
                 ask_client=True, newest=newest)


@case("tls: --tls-min 1.3 against a server of 1.2: exit 35, the version named")
def version_low(t):
    rejected(t, 35, "version|1\\.3", args=CA + ["--tls-min", "1.3"], newest=ssl.TLSVersion.TLSv1_2)


@case("tls: --tls-max 1.2 is kept to")
def version_max(t):
    material = tls_material.of(t)
    made = t.start("-n", "--json", "--tls-max", "1.2", "--cacert", material.ca, url_of(t))
    conn = t.accept()
    conn.start_tls(material.server("good"))
    conn.open()
    conn.finish()
    made.exits(0)
    same(single(made.json(), "tls")["version"], "TLSv1.2")


@case("tls: the event names version, cipher, certificate and verification")
def tls_event(t):
    material = tls_material.of(t)
    made = t.start("-n", "--json", "--cacert", material.ca, url_of(t))
    conn = t.accept()
    conn.start_tls(material.server("good", alpn=["http/1.1"]))
    conn.open()
    conn.finish()
    made.exits(0)
    events = made.json()
    told = single(events, "tls")
    same((told["version"], told["alpn"], told["verified"]), ("TLSv1.3", "http/1.1", True))
    if "localhost" not in told["subject"] or "Wire Test Root" not in told["issuer"] or not told["not_after"].endswith("Z"):
        raise Unmet(f"certificate told as {told}")
    order = [e["event"] for e in events if e["event"] in ("resolve", "connect", "tls", "request", "response", "open", "close", "summary")]
    same(order, ["resolve", "connect", "tls", "request", "response", "open", "close", "summary"])


@case("tls: ALPN offers http/1.1 alone")
def alpn(t):
    material = tls_material.of(t)
    context = material.server("good", alpn=["h2", "http/1.1"])
    made = t.start("-n", "--cacert", material.ca, url_of(t))
    conn = t.accept()
    conn.start_tls(context)
    same(conn.sock.selected_alpn_protocol(), "http/1.1")
    conn.open()
    conn.finish()
    made.exits(0)


@case("tls: a plain HTTP server on the port: exit 35, with what it answered")
def plain_server(t):
    made = t.start("-n", f"wss://127.0.0.1:{t.port}/")
    conn = t.accept()
    conn.fill("the client hello")
    conn.send(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
    conn.fin()
    made.exits(35)
    made.says("TLS", "ws://")


@case("tls: a server that hangs up inside the TLS handshake: exit 35")
def hangup(t):
    made = t.start("-n", f"wss://127.0.0.1:{t.port}/")
    conn = t.accept()
    conn.fill("the client hello")
    conn.fin()
    made.exits(35)
    made.says("TLS")


@case("tls: a TLS server spoken to in plain: exit 22 or 52 with a word about wss://")
def tls_server(t):
    made = t.start("-n", t.url)
    conn = t.accept()
    conn.request()
    conn.send(b"\x15\x03\x03\x00\x02\x02\x46")  # alert: protocol_version
    conn.fin()
    made.exits(22, 52)
    made.says("wss://|TLS")


@case("tls: close_notify without a Close frame is a lost connection: exit 56, how tls")
def notify_only(t):
    material = tls_material.of(t)
    made = t.start("-n", "--json", "--cacert", material.ca, url_of(t))
    conn = t.accept()
    conn.start_tls(material.server("good"))
    conn.open()
    conn.send(b"\x89\x00")
    conn.expect(PONG, b"")
    conn.close_notify()
    made.exits(56)
    told = single(made.json(), "close")
    same((told["how"], told["code"]), ("tls", 1006))


@case("tls: close_notify after data in the same segment is noticed: exit 56")
def notify_glued(t):
    material = tls_material.of(t)
    for first in (b"", b"\x81\x02hi"):
        made = t.start("-n", "--json", "--cacert", material.ca, url_of(t))
        conn = t.accept()
        conn.start_tls(material.server("good"))
        asked = conn.request()
        conn.send_together(response(asked), *([first] if first else []), conn.close_notify)
        made.exits(56)
        same(single(made.json(), "close")["how"], "tls")


@case("tls: close_notify and FIN without a Close frame: exit 56")
def notify_fin(t):
    material = tls_material.of(t)
    made = t.start("-n", "--json", "--cacert", material.ca, url_of(t))
    conn = t.accept()
    conn.start_tls(material.server("good"))
    conn.open()
    conn.fin()
    made.exits(56)
    same(single(made.json(), "close")["how"], "tls")


@case("tls: FIN without close_notify is distinguished: exit 56, how fin")
def fin_only(t):
    material = tls_material.of(t)
    made = t.start("-n", "--json", "--cacert", material.ca, url_of(t))
    conn = t.accept()
    conn.start_tls(material.server("good"))
    conn.open()
    conn.fin_unsigned()
    made.exits(56)
    same(single(made.json(), "close")["code"], 1006)
    if single(made.json(), "close")["how"] not in ("fin", "tls"):
        raise Unmet("neither fin nor tls")


@case("tls: a file that an option names and that can't be read is a usage error, without TLS too")
def unreadable(t):
    for option in ("--cacert", "--capath", "--cert", "--key"):
        for url in (url_of(t), t.url):
            extra = ["--cert", "/dev/null"] if option == "--key" else []
            made = t.start("-n", *extra, option, "/nonexistent/x.pem", url)
            made.exits(2)
            made.says(option, "/nonexistent/x.pem")


@case("tls: a file without a certificate is one error and a summary in JSON")
def unusable(t):
    made = t.start("-n", "--json", "--cacert", "/dev/null", url_of(t))
    made.exits(2)
    same([event["event"] for event in made.json()], ["error", "summary"])
    same(single(made.json(), "error")["code"], 2)
    same(single(made.json(), "summary")["exit"], 2)


@case("tls: SSLKEYLOGFILE is written, for its owner alone")
def keylog(t):
    material = tls_material.of(t)
    path = os.path.join(t.folder(), "keys")
    made = t.start("-n", "--cacert", material.ca, url_of(t), env={"SSLKEYLOGFILE": path})
    conn = t.accept()
    conn.start_tls(material.server("good"))
    conn.open()
    conn.finish()
    made.exits(0)
    with open(path, encoding="ascii") as file:
        if "CLIENT_" not in file.read():
            raise Unmet("no keys in it")
    same(os.stat(path).st_mode & 0o777, 0o600)


@case("tls: messages in records right after the response's are read at once")
def records_together(t):
    material = tls_material.of(t)
    made = t.start("-n", "--cacert", material.ca, url_of(t))
    conn = t.accept()
    conn.start_tls(material.server("good"))
    asked = conn.request()
    # The client's TLS layer may hold them all after one read; nothing more comes that would wake it.
    conn.send_together(response(asked), b"\x81\x03one", b"\x81\x03two", b"\x89\x01p")
    conn.expect(PONG, b"p")
    conn.finish()
    made.exits(0)
    made.prints(b"one\ntwo\n")


@case("tls: many records in one segment are read at once")
def many_records(t):
    material = tls_material.of(t)
    made = t.start("-n", "--cacert", material.ca, url_of(t))
    conn = t.accept()
    conn.start_tls(material.server("good"))
    conn.open()
    conn.send_together(*[frame(TEXT, b"%d" % i) for i in range(300)], frame(PING, b"last"))
    conn.expect(PONG, b"last")
    conn.send_together(*[frame(TEXT, b"x" * 15_000) for i in range(300)], frame(PING, b"again"))
    conn.expect(PONG, b"again")
    conn.finish()
    made.exits(0)
    made.prints(b"".join(b"%d\n" % i for i in range(300)) + (b"x" * 15_000 + b"\n") * 300)


@case("tls: large messages both ways")
def large(t):
    material = tls_material.of(t)
    data = bytes(range(32, 127)) * 20000
    made = t.start("--cacert", material.ca, "-1", "-e", "@" + _file(t, data), url_of(t))
    conn = t.accept()
    conn.start_tls(material.server("good"))
    conn.open()
    conn.expect(TEXT, data)
    conn.send(frame(TEXT, data))
    conn.answer_close()
    made.exits(0)
    made.prints(data + b"\n")


def _file(t, data):
    path = os.path.join(t.folder(), "message")
    with open(path, "wb") as file:
        file.write(data)
    return path
