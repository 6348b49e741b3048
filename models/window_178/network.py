"""The network of window-178, its training on random crops and its ONNX file. Used by train.py and chb_mit.py."""

import math

import torch
from recordings import SAMPLES
from torch import nn

BATCH = 128
WINDOWS_PER_EPOCH = 23  # of each recording: as many as its standard windows


class Window178(nn.Module):
    """Four convolutions, then the mean and the maximum over time, then two dense layers.

    in    [n][178] microvolts; the mean of each window is removed, since an electrode's offset means nothing
    out   [n][1], 0 to 1: the logistic function of logit / temperature
    note  Convolutions over time are written as 1 x k on a [n][c][1][t] image: ONNX Runtime's blocked kernels only exist for
          two dimensions (1.6 times faster, the same numbers).
    """

    def __init__(self):
        super().__init__()

        def stage(channels_in, channels_out, length, stride=1):
            return nn.Sequential(
                nn.Conv2d(channels_in, channels_out, (1, length), stride=(1, stride), padding=(0, length // 2), bias=False),
                nn.BatchNorm2d(channels_out),
                nn.ReLU(),
            )

        self.features = nn.Sequential(
            stage(2, 16, 7, stride=2),
            stage(16, 32, 3),
            nn.MaxPool2d((1, 2)),
            stage(32, 32, 5),
            nn.MaxPool2d((1, 2)),
            stage(32, 64, 5),
        )
        self.dropout = nn.Dropout(0.3)
        self.hidden = nn.Linear(128, 32)
        self.score = nn.Linear(32, 1)
        self.temperature = 1.0

    def logit(self, window_uv):
        x = window_uv - window_uv.mean(dim=1, keepdim=True)
        # Amplitude is half of the evidence, over three decades: one logarithmic view of it and one linear, clipped.
        compressed = torch.sign(x) * torch.log1p(torch.abs(x) / 20.0) * 0.5
        linear = torch.clamp(x / 400.0, -4.0, 4.0)
        image = torch.stack((compressed, linear), dim=1).unsqueeze(2)
        y = self.features(image)
        pooled = torch.cat((y.mean(dim=(2, 3)), y.amax(dim=(2, 3))), dim=1)
        return self.score(torch.relu(self.hidden(self.dropout(pooled))))

    def forward(self, window_uv):
        return torch.sigmoid(self.logit(window_uv) / self.temperature)


def crop(recordings, lengths, files, generator):
    """One random window from each of the files, turned over or scaled a little at random: electrodes differ so.

    shape   recordings [files][longest], lengths [files], files [n]; out [n][178]
    """
    room = lengths[files] - SAMPLES + 1
    starts = (torch.rand(len(files), generator=generator) * room).long().clamp(max=room - 1)
    windows = recordings[files[:, None], starts[:, None] + torch.arange(SAMPLES)]
    sign = torch.randint(0, 2, (len(files), 1), generator=generator) * 2.0 - 1.0
    gain = torch.exp((torch.rand((len(files), 1), generator=generator) - 0.5) * 0.3)
    return windows * sign * gain


def fit(recordings, labels, seed, epochs):
    """Trains on random crops; returns the running average of the weights, which is steadier than the last of them.

    recordings  a list of float32 arrays in microvolts, each of at least 178 samples; labels  0 or 1 of each
    """
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    samples = [torch.as_tensor(recording) for recording in recordings]
    lengths = torch.tensor([len(one) for one in samples])
    padded = nn.utils.rnn.pad_sequence(samples, batch_first=True)
    targets = torch.as_tensor(labels).float()
    model = Window178()
    average = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.995), use_buffers=True
    )
    steps = epochs * math.ceil(len(samples) * WINDOWS_PER_EPOCH / BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=steps, pct_start=0.2)
    model.train()
    for _ in range(steps):
        files = torch.randint(0, len(samples), (BATCH,), generator=generator)
        windows = crop(padded, lengths, files, generator)
        smoothed = targets[files, None] * 0.96 + 0.02
        loss = nn.functional.binary_cross_entropy_with_logits(model.logit(windows), smoothed)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        average.update_parameters(model)
    return average.module.eval()


def logits_of(model, windows_uv):
    """shape  in [n][178], out [n] float64"""
    with torch.no_grad():
        return model.logit(torch.as_tensor(windows_uv))[:, 0].double().numpy()


def export(model, path):
    """Writes the network with its sigmoid and its temperature as ONNX."""
    torch.onnx.export(
        model,
        torch.zeros(2, SAMPLES),
        str(path),
        input_names=["window_uv"],
        output_names=["score"],
        dynamic_axes={"window_uv": {0: "n"}, "score": {0: "n"}},
        opset_version=17,
        dynamo=False,
    )
