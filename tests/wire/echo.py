"""The scenes of the conformance families: a server that speaks to `wscope --echo` and judges all it does."""


def session(t, *args, extra=""):
    """The program in echo mode with the WebSocket open: (program, connection)."""
    return t.open("--echo", *args, extra=extra)


def ends_well(made, conn, code=1000):
    """A closing that the server begins; exit 0 and nothing on stdout."""
    conn.finish(code)
    made.exits(0)
    made.prints(b"")


def ends_failed(made, conn, *codes):
    """The client fails the connection: one of these codes, an orderly end, exit 65, the rule named."""
    conn.expect_failed(*(codes or (1002,)))
    made.exits(65)
    made.prints(b"")
    made.says(r"RFC \d{4}")


def echoes(t, data, *expected, chop=0, args=(), extra=""):
    """Legal bytes: the client sends exactly these frames or messages back, then closes well."""
    made, conn = session(t, *args, extra=extra)
    conn.send(data, chop)
    for opcode, payload in expected:
        conn.expect(opcode, payload)
    ends_well(made, conn)


def fails(t, data, *codes, before=(), chop=0, step=False, args=("--no-compress",), extra=""):
    """Illegal bytes: what came before them is answered, then the connection is failed. `data` may be several writes,
    of which `step` waits for nothing but the answers in `before` after the first."""
    made, conn = session(t, *args, extra=extra)
    pieces = data if isinstance(data, (list, tuple)) else [data]
    for i, piece in enumerate(pieces):
        conn.send(piece, chop)
        if step and i == 0:
            for opcode, payload in before:
                conn.expect(opcode, payload)
    if not step:
        for opcode, payload in before:
            conn.expect(opcode, payload)
    ends_failed(made, conn, *codes)
