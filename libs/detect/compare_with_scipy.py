"""Compares Vigil's filters with scipy's: the same designs sample by sample, the two anti-alias filters by what they keep and take away.

usage: compare_with_scipy.py FILTER_SIGNALS [--table]      --table prints the figures for docs/decisions/0003
Called by ctest; scipy is the Debian package of deploy/images/packages/build.txt.
"""

import math
import subprocess
import sys
import unittest

import numpy
from scipy import signal

MODEL_HZ = 173.61  # of window-178
NEAR_HZ = 256 * 217 / 320  # 173.6
SAMPLES = 178
SAME = 1e-9  # relative to the largest value: the same arithmetic in 64 bits, in another order
SAME_FLOAT = 1e-6  # the same where taps and sums have 32 bits
RATIOS = ((217, 320), (17361, 25600), (1, 2), (2, 1), (7, 3), (125, 128), (17361, 51200), (17361, 400000))
PROGRAM = ""


def ask(*questions: str) -> list[numpy.ndarray]:
    run = subprocess.run([PROGRAM], input="\n".join(questions) + "\n", capture_output=True, text=True, check=True)
    return [numpy.array(line.split(), dtype=float) for line in run.stdout.splitlines()]


def question(*words: object, values: numpy.ndarray) -> str:
    return " ".join([*map(str, words), str(len(values)), *(repr(float(value)) for value in values)])


def background(count: int, seed: int = 178) -> numpy.ndarray:
    """1/f noise in microvolts whose values are exact in 32 bits."""
    spectrum = numpy.fft.rfft(numpy.random.default_rng(seed).standard_normal(count))
    spectrum /= numpy.sqrt(numpy.maximum(1, numpy.arange(len(spectrum))))
    noise = numpy.fft.irfft(spectrum, count)
    return (30 * noise / noise.std()).astype(numpy.float32).astype(float)


def apart(ours: numpy.ndarray, theirs: numpy.ndarray) -> float:
    """The largest difference, relative to the largest value of theirs."""
    assert len(ours) == len(theirs), (len(ours), len(theirs))
    return float(numpy.abs(ours - theirs).max() / numpy.abs(theirs).max())


def scipy_taps(up: int, down: int) -> numpy.ndarray:
    """The first half and the middle of what resample_poly designs (scipy/signal/_signaltools.py)."""
    half = 10 * max(up, down)
    return up * signal.firwin(2 * half + 1, 1 / max(up, down), window=("kaiser", 5.0))[: half + 1]


class AntiAlias:
    """One of the filters in front of the model: complex waves in, their gain out."""

    def __init__(self, name: str, kind: str, rate_hz: int):
        self.name, self.kind, self.rate_hz = name, kind, rate_hz
        self.needed = int(ask(f"window {rate_hz} 1")[0][0]) if kind == "window" else 4 * rate_hz
        self.up, self.down = 217, 320 * rate_hz // 256

    def outputs(self, waves: list[numpy.ndarray]) -> list[numpy.ndarray]:
        if self.kind == "scipy":
            out = [signal.resample_poly(wave, self.up, self.down) for wave in waves]
        elif self.kind == "window":
            return ask(*(question("window", self.rate_hz, 1, values=wave) for wave in waves))
        else:
            out = ask(*(question("resample", self.up, self.down, values=wave) for wave in waves))
        return [wave[40:-40] for wave in out]  # where the filter has the signal on both sides

    def gains(self, frequencies_hz: numpy.ndarray) -> numpy.ndarray:
        """The largest and the smallest amplitude of a complex wave of amplitude 1 after the filter, at each frequency."""
        time = numpy.arange(self.needed) / self.rate_hz
        waves = []
        for frequency in frequencies_hz:
            waves += [numpy.cos(2 * math.pi * frequency * time), numpy.sin(2 * math.pi * frequency * time)]
        out = self.outputs(waves)
        amplitudes = [numpy.hypot(real, imaginary) for real, imaginary in zip(out[::2], out[1::2])]
        return numpy.array([[amplitude.max(), amplitude.min()] for amplitude in amplitudes])


def decibels(gain: float) -> float:
    return 20 * math.log10(max(gain, 1e-12))


def ripple_db(filter_: AntiAlias, low_hz: float, high_hz: float) -> float:
    gains = filter_.gains(numpy.linspace(low_hz, high_hz, 80))
    return max(abs(decibels(gain)) for gain in gains.ravel())


def stopped_db(filter_: AntiAlias, low_hz: float, high_hz: float) -> float:
    """What is left of the strongest wave of a band, as attenuation."""
    return -decibels(filter_.gains(numpy.linspace(low_hz, high_hz, 80))[:, 0].max())


def edge_hz(filter_: AntiAlias, loss_db: float) -> float:
    """Where the band that passes ends: the frequency that loses as much, between 40 and 120 Hz."""
    low, high = 40.0, 120.0
    while high - low > 0.05:
        middle = (low + high) / 2
        kept = filter_.gains(numpy.array([middle]))[0, 1] > 10 ** (-loss_db / 20)
        low, high = (middle, high) if kept else (low, middle)
    return low


class SameDesign(unittest.TestCase):
    def test_the_resampler_has_the_taps_of_resample_poly(self):
        answers = ask(*(f"taps {up} {down}" for up, down in RATIOS))
        for (up, down), ours in zip(RATIOS, answers, strict=True):
            with self.subTest(up=up, down=down):
                self.assertLess(apart(ours, scipy_taps(up, down)), SAME)

    def test_resampled_noise_is_resample_poly_s_to_the_precision_of_floats(self):
        noise = background(4096)
        answers = ask(*(question("resample", up, down, values=noise) for up, down in RATIOS))
        for (up, down), ours in zip(RATIOS, answers, strict=True):
            with self.subTest(up=up, down=down):
                self.assertLess(apart(ours, signal.resample_poly(noise, up, down)), SAME_FLOAT)

    def test_the_band_pass_is_butter_s_through_sosfilt(self):
        noise = background(8192)
        bands = [(order, 0.53, 40, 256) for order in range(1, 11)]
        bands += [(4, 0.53, 40, 173.61), (2, 1, 70, 200), (4, 0.5, 40, 4000), (3, 49, 51, 512), (5, 0.1, 127, 256)]
        answers = ask(*(question("band_pass", *band, values=noise) for band in bands))
        for (order, low, high, rate), ours in zip(bands, answers, strict=True):
            with self.subTest(order=order, low=low, high=high, rate=rate):
                sections = signal.butter(order, (low, high), "bandpass", fs=rate, output="sos")
                self.assertLess(apart(ours, signal.sosfilt(sections, noise)), SAME)

    def test_the_notch_is_iirnotch_s(self):
        noise = background(8192)
        notches = [(mains, quality, rate) for mains in (50, 60) for quality in (1, 30, 100) for rate in (173.61, 256, 512, 4000)]
        answers = ask(*(question("notch", *notch, values=noise) for notch in notches))
        for (mains, quality, rate), ours in zip(notches, answers, strict=True):
            with self.subTest(mains=mains, quality=quality, rate=rate):
                numerator, denominator = signal.iirnotch(mains, quality, fs=rate)
                sections = signal.tf2sos(numerator, denominator)
                self.assertLess(apart(ours, signal.sosfilt(sections, noise)), SAME)


class WhatTheModelSees(unittest.TestCase):
    """window_shape has another design than resample_poly, so that it is judged by its response."""

    def test_bonn_s_band_passes_unchanged_and_nothing_folds_into_it(self):
        for rate in (200, 256, 500, 512, 1000):
            with self.subTest(rate=rate):
                window = AntiAlias("window_shape", "window", rate)
                self.assertLess(ripple_db(window, 0.53, 40), 0.05)
                if rate > 2 * (MODEL_HZ - 40):
                    self.assertGreater(stopped_db(window, MODEL_HZ - 40, 0.49 * rate), 60)

    def test_at_256_hz_it_keeps_and_takes_away_as_resample_poly_does_or_more(self):
        window, poly = AntiAlias("window_shape", "window", 256), AntiAlias("resample_poly", "scipy", 256)
        self.assertLessEqual(ripple_db(window, 0.53, 60), 0.05)
        self.assertGreater(stopped_db(window, 100, 127), 50)
        self.assertGreater(stopped_db(window, 100, 127), stopped_db(poly, 100, 127))
        self.assertGreater(edge_hz(window, 3), 73)

    def test_windows_are_sampled_at_173_61_hz_and_end_where_the_header_says(self):
        for rate in (200, 256, 512):
            with self.subTest(rate=rate):
                needed = int(ask(f"window {rate} 1")[0][0])
                half = 8 / (0.9 * min(1, MODEL_HZ / rate))
                times = (needed - 1 - half) / rate - numpy.arange(SAMPLES)[::-1] / MODEL_HZ
                rng = numpy.random.default_rng(rate)
                parts = [(1 / frequency, frequency, phase) for frequency, phase in zip(numpy.geomspace(0.53, 40, 60), rng.uniform(0, 6.28, 60))]

                def truth(at, parts=parts):
                    return sum(amplitude * numpy.sin(2 * math.pi * frequency * at + phase) for amplitude, frequency, phase in parts)

                (read,) = ask(question("window", rate, 1, values=truth(numpy.arange(needed) / rate)))
                self.assertLess(apart(read, truth(times)), 2e-3)
                self.assertGreater(apart(read, truth(times + 0.0005)), 2e-3)  # half a millisecond would show

    def test_217_to_320_is_58_parts_in_a_million_from_the_model_s_rate(self):
        self.assertAlmostEqual((1 - NEAR_HZ / MODEL_HZ) * 1e6, 57.6, delta=0.1)
        # over one window that is a hundredth of a sample
        self.assertLess(abs(SAMPLES * (MODEL_HZ / NEAR_HZ - 1)), 0.0103)


def table() -> None:
    noise = background(4096)
    taps = max(apart(ours, scipy_taps(*ratio)) for ratio, ours in zip(RATIOS, ask(*(f"taps {up} {down}" for up, down in RATIOS))))
    outputs = ask(*(question("resample", *ratio, values=noise) for ratio in RATIOS))
    resampled = max(apart(ours, signal.resample_poly(noise, *ratio)) for ratio, ours in zip(RATIOS, outputs))
    bands = [(order, 0.53, 40, 256) for order in range(1, 11)]
    passed = ask(*(question("band_pass", *band, values=noise) for band in bands))
    band_pass = max(
        apart(ours, signal.sosfilt(signal.butter(order, (low, high), "bandpass", fs=rate, output="sos"), noise))
        for (order, low, high, rate), ours in zip(bands, passed)
    )
    notch = apart(ask(question("notch", 50, 30, 256, values=noise))[0], signal.lfilter(*signal.iirnotch(50, 30, fs=256), noise))
    print(f"largest differences: taps {taps:.1e}, resampled {resampled:.1e}, band-pass of orders 1 to 10 {band_pass:.1e}, notch {notch:.1e}")
    rows = [("resample_poly 217/320", "scipy", 256), ("PolyphaseResampler 217/320", "resample", 256), ("window_shape", "window", 256)]
    rows += [("resample_poly 217/640", "scipy", 512), ("PolyphaseResampler 217/640", "resample", 512), ("window_shape", "window", 512)]
    print("| from | filter | ripple 0.53 to 40 Hz | to 60 Hz | -0.1 dB at | -3 dB at | at 86.8 Hz | over 100 Hz | what folds under 40 Hz |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, kind, rate in rows:
        one = AntiAlias(name, kind, rate)
        folds = f"{stopped_db(one, MODEL_HZ - 40, 250):.1f} dB" if rate == 512 else "nothing can"
        print(
            f"| {rate} Hz | {name} | {ripple_db(one, 0.53, 40):.4f} dB | {ripple_db(one, 40, 60):.3f} dB | {edge_hz(one, 0.1):.1f} Hz "
            f"| {edge_hz(one, 3):.1f} Hz | -{stopped_db(one, 86.8, 86.81):.1f} dB | -{stopped_db(one, 100, 127):.1f} dB | {folds} |"
        )


if __name__ == "__main__":
    PROGRAM = sys.argv[1]
    if "--table" in sys.argv:
        table()
    else:
        unittest.main(argv=sys.argv[:1])
