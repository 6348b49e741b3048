"""Draws the reliability diagram and the recordings that every run gets wrong. Used by report.py."""

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
import numpy
from recordings import BASELINES, SETS, WINDOWS_PER_FILE, windows_of

matplotlib.rcParams.update(
    {"svg.hashsalt": "window-178", "svg.fonttype": "none", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
)
RATE_HZ = 173.61
# told apart without colour vision too: Okabe and Ito's palette
COLOURS = {"A": "#56B4E9", "B": "#0072B2", "C": "#009E73", "D": "#E69F00", "E": "#D55E00"}


def points_of(bins):
    filled = [one for one in bins if one["windows"]]
    return [one["mean_score"] for one in filled], [one["ictal_share"] for one in filled]


def draw_reliability(calibration, without, path):
    """The share of ictal windows over the mean score of each bin, with and without temperature, and each bin's windows."""
    figure, (upper, lower) = plt.subplots(2, 1, figsize=(4.6, 5.2), sharex=True, height_ratios=(3, 1), layout="constrained")
    upper.plot((0, 1), (0, 1), color="#999999", linewidth=1, linestyle=":")
    errors = calibration["expected_error"]
    upper.plot(
        *points_of(without), "o--", color="#E69F00", label=f"without temperature (error {errors['without']:.4f})", markersize=4
    )
    upper.plot(
        *points_of(calibration["bins"]),
        "s-",
        color="#0072B2",
        label=f"with temperature (error {errors['with']:.4f})",
        markersize=4,
    )
    upper.set(ylabel="share of windows that are ictal", xlim=(0, 1), ylim=(0, 1))
    upper.legend(frameon=False, loc="upper left")
    bins = calibration["bins"]
    lower.bar([one["from"] for one in bins], [one["windows"] for one in bins], width=0.09, align="edge", color="#0072B2")
    lower.set(yscale="log", xlabel="score", ylabel="windows")
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)


def draw_wrong(held_out, recordings, names, wrong, path):
    """Each wrong recording with the mean score of its windows, and where all recordings lie by amplitude and line length."""
    figure = plt.figure(figsize=(11, 1.5 * len(wrong) + 0.6), layout="constrained")
    grid = figure.add_gridspec(len(wrong), 2, width_ratios=(1.7, 1))
    scores = held_out.scores.mean(axis=0).reshape(-1, WINDOWS_PER_FILE)
    most = max(numpy.abs(recordings[index]).max() for index in wrong)
    for row, index in enumerate(wrong):
        axis = figure.add_subplot(grid[row, 0])
        seconds = numpy.arange(recordings.shape[1]) / RATE_HZ
        axis.plot(seconds, recordings[index], color="#333333", linewidth=0.4)
        truth = "ictal" if held_out.file_labels[index] else "not ictal"
        axis.set(ylim=(-most, most), xlim=(0, seconds[-1]), ylabel="µV")
        axis.set_title(
            f"{names[index].split('/')[1].split('.')[0]}: {truth}, mean score {scores[index].mean():.2f}", loc="left", fontsize=9
        )
        beside = axis.twinx()
        beside.step(
            numpy.arange(WINDOWS_PER_FILE + 1) * 178 / RATE_HZ,
            numpy.append(scores[index], scores[index][-1]),
            where="post",
            color="#D55E00",
            linewidth=1.2,
        )
        beside.set(ylim=(-0.02, 1.02), ylabel="score")
        if row == len(wrong) - 1:
            axis.set_xlabel("s")
    draw_map(figure.add_subplot(grid[:, 1]), recordings, names, wrong)
    figure.savefig(path, format="png", dpi=80, metadata={"Software": None}, pil_kwargs={"optimize": True})
    plt.close(figure)


def draw_map(axis, recordings, names, marked):
    windows = windows_of(recordings[:, : WINDOWS_PER_FILE * 178])
    amplitude, length = (numpy.median(measure(windows).reshape(-1, WINDOWS_PER_FILE), axis=1) for measure in BASELINES.values())
    for letter in SETS:
        of_set = [index for index, name in enumerate(names) if name.startswith(f"set{letter}")]
        axis.scatter(amplitude[of_set], length[of_set], s=9, color=COLOURS[letter], label=letter, alpha=0.7, linewidths=0)
    for index in marked:
        axis.scatter(amplitude[index], length[index], s=60, facecolors="none", edgecolors="black")
        axis.annotate(
            names[index].split("/")[1].split(".")[0],
            (amplitude[index], length[index]),
            xytext=(6, -10),
            textcoords="offset points",
        )
    axis.set(
        xscale="log",
        yscale="log",
        xlabel="standard deviation of a window, µV (median)",
        ylabel="line length of a window, µV (median)",
    )
    axis.legend(frameon=False, title="set (E is ictal)", ncols=5, loc="upper left", handletextpad=0.1, columnspacing=0.8)
