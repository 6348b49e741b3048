"""Just enough of Protocol Buffers for the tests of a cluster: fields of a message, and a message of fields (api/vigil/v1)."""
import struct

VARINT, BYTES = 0, 2


def fields(data):
    """(number, value) of each field: a number for varints, bytes for what has a length."""
    at, end = 0, len(data)
    while at < end:
        tag, at = varint(data, at)
        kind = tag & 7
        if kind == VARINT:
            value, at = varint(data, at)
            yield tag >> 3, value
        elif kind == BYTES:
            length, at = varint(data, at)
            yield tag >> 3, data[at:at + length]
            at += length
        else:
            at += 8 if kind == 1 else 4


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def put_varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def message(*parts):
    """Of (number, value): an int is a varint, a float a double, text and bytes have a length; 0 and empty are left out."""
    out = bytearray()
    for number, value in parts:
        if isinstance(value, float):
            out += put_varint(number << 3 | 1) + struct.pack("<d", value)
        elif isinstance(value, int):
            if value:
                out += put_varint(number << 3) + put_varint(value)
        elif value:
            data = value.encode() if isinstance(value, str) else value
            out += put_varint(number << 3 | BYTES) + put_varint(len(data)) + data
    return bytes(out)
