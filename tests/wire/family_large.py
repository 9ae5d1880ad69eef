"""Families 9 and 10: large messages, many fragments, small writes, many messages."""

import os

from echo import echoes, ends_well, session
from frames import BINARY, TEXT, fragments, frame
from program import SLOW
from runner import case

KIB, MIB = 1 << 10, 1 << 20
KINDS = (("text", TEXT), ("binary", BINARY))


def payload_of(opcode, size):
    """Text that is hard to split, or noise."""
    if opcode == BINARY:
        return (os.urandom(min(size, 64 * KIB)) * (size // (64 * KIB) + 1))[:size]
    unit = "0123456789 äöü € 𝄞 ".encode()
    text = unit * (size // len(unit))
    return text + b"." * (size - len(text))


def amount(size):
    return f"{size // MIB} MiB" if size >= MIB else f"{size // KIB} KiB" if size >= KIB else f"{size} bytes"


for _kind, _opcode in KINDS:
    for _size in (64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB):

        @case(f"9 {_kind} of {amount(_size)} in one frame", seconds=40)
        def one_frame(t, opcode=_opcode, size=_size):
            payload = payload_of(opcode, size)
            echoes(t, frame(opcode, payload), (opcode, payload))

    for _size in (64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB):

        @case(f"9 {_kind} of 4 MiB and a bit in fragments of {amount(_size)}", seconds=40)
        def fragmented(t, opcode=_opcode, size=_size):
            # One fragment more than a round number of them: 65,537 at the smallest.
            payload = payload_of(opcode, 4 * MIB + 64)
            echoes(t, fragments(opcode, payload, size), (opcode, payload))

    for _size in (64, 128, 256, 512, KIB, 2 * KIB):

        @case(f"9 {_kind} of 1 MiB in writes of {amount(_size)}", seconds=40)
        def chopped(t, opcode=_opcode, size=_size):
            payload = payload_of(opcode, MIB)
            echoes(t, frame(opcode, payload), (opcode, payload), chop=size)

    for _size in (0, 16, 64, 256, KIB, 4 * KIB):

        @case(f"9 {_kind}: a thousand messages of {amount(_size)}", seconds=40)
        def thousand(t, opcode=_opcode, size=_size):
            payload = payload_of(opcode, size)
            made, conn = session(t)
            count = max(50, int(1000 / SLOW))
            for _ in range(count // 10):
                conn.send(frame(opcode, payload) * 10)
                for _ in range(10):
                    conn.expect(opcode, payload)
            ends_well(made, conn)


@case("9 text of 2 MiB, invalid only in its last byte: failed with 1007", seconds=40)
def last_byte(t):
    made, conn = session(t, "--no-compress")
    conn.send(frame(TEXT, b"a" * (2 * MIB - 1) + b"\xff"))
    # The parts before the invalid byte may be on their way back already.
    while True:
        found = conn.frame("a Close 1007")
        if found.opcode == 8:
            break
    assert found.payload[:2] == b"\x03\xef", found
    conn.fin()
    conn.expect_eof()
    made.exits(65)


for _kind, _opcode in KINDS:
    for _size, _piece in ((64 * KIB, 1300), (256 * KIB, 1300), (64 * KIB, 1)):

        @case(f"10 {_kind} of {amount(_size)} fragmented automatically to {_piece} bytes", seconds=40)
        def automatic(t, opcode=_opcode, size=_size, piece=_piece):
            payload = payload_of(opcode, size)
            echoes(t, fragments(opcode, payload, piece), (opcode, payload))
