#!/usr/bin/env python3
"""Writes resampler_vectors.txt: what scipy.signal.resample_poly makes of a fixed signal. Run it by hand; the result is committed.

Each case is three lines: "up down inputs outputs", the inputs, the outputs.
"""
import numpy
from scipy.signal import resample_poly

random = numpy.random.default_rng(178)
for up, down, count in ((1, 1, 20), (1, 2, 90), (2, 1, 40), (3, 7, 120), (7, 3, 60), (125, 128, 150), (17361, 25600, 160), (17361, 36000, 120)):
    signal = numpy.round(50 * numpy.cumsum(random.standard_normal(count)) / 4, 3)
    resampled = resample_poly(signal.astype(numpy.float64), up, down)
    print(up, down, count, len(resampled))
    print(*(f"{x:.3f}" for x in signal))
    print(*(f"{x:.6g}" for x in resampled))
