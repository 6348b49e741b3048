#!/usr/bin/env python3
"""Writes a few well-formed inputs for each fuzz target, so that it need not find a file's first bytes by chance.

make_seeds.py FOLDER        makes FOLDER/<target>/
"""
import pathlib
import struct
import sys


def edf(kind, labels, samples, records):
    def field(text, width):
        return text.encode("latin-1").ljust(width)

    count = len(labels)
    head = field("0", 8) + field("X", 80) + field("X", 80) + field("24.11.26", 8) + field("12.30.05", 8)
    head += field(str(256 * (count + 1)), 8) + field(kind, 44) + field(str(len(records)), 8) + field("1", 8) + field(str(count), 4)
    for width, values in (
        (16, labels), (80, [""] * count), (8, ["uV"] * count), (8, ["-800"] * count), (8, ["800"] * count), (8, ["-2048"] * count),
        (8, ["2047"] * count), (80, [""] * count), (8, [str(n) for n in samples]), (32, [""] * count),
    ):
        head += b"".join(field(value, width) for value in values)
    return head + b"".join(records)


def npy(kind, shape, data):
    head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(118).encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + head + data


ramp = struct.pack("<8h", *range(8))
notes = b"+%d\x14\x14\x00+1\x151\x14seizure\x14"
header = b"r 2 360 2 1:2:3 4/5/2026\nr.dat %s 200(1024)/mV 11 1024 995 0 0 MLII\nr.dat %s 200 11 1024 0 0 0 V5\n\x00"
beats = b"\x06\x12\x70\x04\x00\xec\x00\x00\x05\x00\x03\xfcabc\x00\x00\x00"
channel = b"\x3a\x08\x0a\x03Fp1\x12\x01u"  # EegBlock.channels (7) with label and unit
seeds = {
    "edf_fuzz": [
        edf("", ["Fp1-F7", "F7-T7"], [4, 4], [ramp, ramp]),
        edf("EDF+D", ["C3", "EDF Annotations"], [4, 20], [ramp[:8] + (notes % t).ljust(40, b"\0") for t in (0, 7)]),
        edf("EDF+C", ["C3", "ECG", "EDF Annotations"], [2, 4, 20], [ramp[:12] + (notes % 0).ljust(40, b"\0")]),
    ],
    "npy_fuzz": [npy("<i2", "(2, 4)", ramp), npy("<f4", "(3,)", struct.pack("<3f", 1.2, -0.1953602, 5)), npy("<f4", "(1,)", b"\0\0\xc0\x7f")],
    "text_fuzz": [b"-56\r\n-50\r\n12.25\r\n", b"1\n\n2\n", b"8388607\n+.5\n"],
    "wfdb_fuzz": [header % (f, f) + bytes([len(beats)]) + beats + bytes(range(60)) for f in (b"212", b"16", b"24x2", b"80+3")],
    "wfdb_annotations_fuzz": [
        # normal beats; a far one behind an interval; a rhythm with its note, then number, subtype and channel
        beats, b"\x64\x04" * 40 + b"\x00\x00", b"\x00\xec\x01\x00\xff\xff" + b"\x05\x04" * 3,
        b"\x08\x70\x06\xfc(AFIB\x00\x0a\x14\x01\xf0\x02\xf4\x03\xf8\x00\x00",
    ],
    "block_samples_fuzz": [
        channel + b"\x40\x02\x48\x01\x52\x04abcd", channel + b"\x40\x02\x48\x02\x52\x06abcdef", channel + b"\x40\x01\x48\x03\x52\x05\x01\x3c\x00\x00\x00",
    ],
    "sample_codec_fuzz": [b"\x01\x02\x00\x01\x3c\x00\x00", b"\x02\x40\x00" + bytes(range(1, 250)), b"\x01\x80\x00" + struct.pack("<128i", *range(128))],
}
block = b'{"device":"d","stream":"s","first_sample":0,"rate_numerator":256,"start_time_us":1725876005000000,"channels":[{"label":"C3","unit":"uV","scale":1}],"data":%s}'
window = b'{"fk_user":"1","eeg_data":[' + b",".join(b"%d" % (n - 90) for n in range(178)) + b'],"register_timestamp":"2024-9-9 10:0:7"}'
seeds |= {
    "intake_blocks_fuzz": [block % b"[[1,-2]]", b'{"blocks":[' + block % b'"AQD+/w=="' + b"]}", b'{"device":"d","stream":"s","end_sample":7}'],
    "event_tables_fuzz": [
        b"\x00onset\tduration\teventType\tconfidence\tchannels\tdateTime\trecordingDuration\n1.5\t20\tsz_foc\t0.5\tF3,C3\tn/a\t3600\n0\t9\tbckg\tn/a\tn/a\tn/a\tn/a\n",
        b"\x01File Name: a.edf\nNumber of Seizures in File: 1\nSeizure 1 Start Time: 10 seconds\nSeizure 1 End Time: 30 seconds\n",
        b'\x02{"format":"vigil-evaluation-1","detector":"d","patients":[{"patient":"p","seizures":1,"events":{"reference":1,"true_positives":1,'
        b'"false_positives":0,"samples":36000,"rate_hz":10},"latency_s":{"all":[5.5]}}]}',
    ],
    "intake_legacy_fuzz": [window, b"2024-10-27 02:30:00", b"2024-3-31 2:30:0"],
    "intake_vitals_fuzz": [
        b'{"data":{"metrics":[{"name":"heart_rate","units":"count/min","data":[{"date":"2024-09-09 10:00:00 +0200","Min":5,"Avg":7.5,"Max":9}]}]}}',
        b'{"data":{"metrics":[{"data":[{"qty":60}],"units":"ms","name":"heart_rate_variability"}]}}',
        b'{"vitals":[{"name":"heart_rate","unit":"/min","value":70,"start_time_us":1725876005000000}]}',
        b'{"device":"d","stream":"s","first_beat":0,"start_time_us":1725876005000000,"rr_us":[800000]}', b"2024-09-09 10:00:00 +0200",
    ],
}
traced = b"-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
seeds["trace_context_fuzz"] = [b"00" + traced, b"cc" + traced + b"-more"]
values = b",".join(b"%d" % (n - 90) for n in range(178))
seeds |= {
    "predict_fuzz": [b'{"eeg_data":[%s]}' % values, b'{"eeg_data":[%s]}' % values.replace(b",1,", b",1e6,")],
    "model_card_fuzz": [(pathlib.Path(__file__).parent.parent / "models/window_178/card.json").read_bytes()],
    "spectrogram_card_fuzz": [(pathlib.Path(__file__).parent.parent / "models/sladky_2022/card.json").read_bytes()],
    "administration_fuzz": [
        b'{"patient":"p1","label":"implant"}', b'{"id":"p1","label":"Bed 7","number":7,"monitoring":"standby"}',
        b'{"name":"n","password":"short","role":"clinician","disabled":true}',
    ],
    # channels; then version, runs, and of each the first sample, start, length, size and samples; or a pyramid of one second
    "chunk_fuzz": [
        b"\x02\x01\x01\x08\x10\x04\x07\x01\x02\x00\x01\x3c\x00\x00", b"\x01\x01\x00", b"\x01\x02\x01\x08\x00\x00\x01\x00",
        b"\x01\x04\x02\x08\x00\x00\x01\x00\x00\x00\x01\x00\x02\x00\x00\x01\x00\x00\x00\x01\x00",
    ],
    "sample_ranges_fuzz": [b"\x00\x05\x0a\x03\x80\x01\x01\x01", b"\x01\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", b"\x02" + bytes(range(60))],
    "cursor_fuzz": [b"c1725876005000000.70.31", b"d-5.00ff", b"v0..6162", b"1725876005000000", b"2026-11-24T12:00:00.5+01:00"],
}


def field(number, value):  # of a protobuf message: text or bytes, a double, else a varint
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    return varint(number << 3) + varint(value)


def varint(value):
    return bytes([value]) if value < 128 else bytes([value % 128 | 128]) + varint(value // 128)


limits = field(1, 50.0) + field(2, 120.0) + field(3, 3.0)
signed_off = field(4, field(1, b"window-178") + field(2, b"2.0.0") + field(3, b"ada"))
settings = field(2, 1) + field(3, limits) + signed_off + b"".join(field(n + 5, s) for n, s in enumerate((120, 60, 180, 600, 600)))
head = field(1, b"p1") + field(2, field(1, 1795900000000000) + field(2, 9)) + field(3, settings) + field(4, 1)
stream = field(1, b"d") + field(2, b"s") + field(4, 99) + field(5, 99000000) + field(6, 5000000) + field(9, 1) + field(10, 1)
event = field(1, bytes(range(16))) + field(2, 1) + field(5, b"window-178") + field(6, b"2.0.0") + field(7, 1) + field(8, 1) + field(9, 1)
cause = field(9, field(1, 1) + field(2, bytes(range(16))))
alarm = field(1, bytes(16)) + field(2, 1) + field(3, 1) + field(4, 1) + field(5, 3) + field(6, 1) + field(7, b"p1") + cause + field(14, 1)
seeds["alarm_memory_fuzz"] = [
    head, head + field(5, stream) + field(6, event) + field(7, field(1, 4) + field(3, b"strap") + field(4, 150.0)),
    head + field(6, event) + field(8, field(1, alarm) + field(2, 60000000)) + field(9, field(1, 4) + field(3, b"known") + field(5, 9)) + field(10, 5),
]
for target, inputs in seeds.items():
    folder = pathlib.Path(sys.argv[1]) / target
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(inputs):
        (folder / f"seed-{number}").write_bytes(data)
