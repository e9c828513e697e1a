"""Bytes a heartbeat that the positions of a run would take in other encodings than the one they are written in.

Run: python3 docs/encodings.py RUN_FOLDER (needs numpy, pyarrow and zstandard). One row group is looked at.
- packed: differences, 32 of them with the bits of the largest (DELTA_BINARY_PACKED), as they are written;
- whole bytes: the same with widths of 8, 16 or 24 bits, so that a compressor can see the bytes, zstd at level 1;
- planes: the first bytes of all values, then the second ones and so on (BYTE_STREAM_SPLIT), zstd at level 1, and its speed;
- by kind: roaming and travelling steps packed apart, which no encoding of the format can put back in order;
- entropy: of the differences, whatever the kind.
"""

import glob
import sys
import time

import numpy as np
import pyarrow.parquet as pq
import zstandard

BLOCK, MINIBLOCK, ROAMS_CM = 128, 32, 800


def packed(steps, unit):
    """Bytes of differences packed with widths that are multiples of a unit of bits, and what is packed if it is bytes."""
    size, content = 0, []
    for first in range(0, len(steps), BLOCK):
        block = steps[first : first + BLOCK]
        above = (block - block.min()).astype("<u4")
        # The least of a block takes three bytes or so, the widths one each.
        size += 8 * (3 + BLOCK // MINIBLOCK)
        for at in range(0, len(above), MINIBLOCK):
            part = above[at : at + MINIBLOCK]
            width = -(-int(part.max()).bit_length() // unit) * unit
            size += MINIBLOCK * width
            if unit == 8:
                content.append(part.view(np.uint8).reshape(-1, 4)[:, : width // 8].tobytes())
    return size / 8, b"".join(content)


def entropy(steps):
    _, counts = np.unique(steps, return_counts=True)
    share = counts / counts.sum()
    return -(share * np.log2(share)).sum() / 8


file = sorted(glob.glob(f"{sys.argv[1]}/tables/heartbeats/**/*.parquet", recursive=True))[0]
axes = [f"position_{axis}_cm" for axis in "xyz"]
group = pq.ParquetFile(file).read_row_group(0, columns=axes)
rows, zstd = group.num_rows, zstandard.ZstdCompressor(level=1)
values = {axis: group[axis].to_numpy().astype(np.int64) for axis in axes}
steps = {axis: np.diff(values[axis]) for axis in axes}
roams = np.maximum(abs(steps[axes[0]]), abs(steps[axes[1]])) <= ROAMS_CM
print("| column | packed | whole bytes, zstd | planes, zstd | by kind | entropy |\n|---|---|---|---|---|---|")
for axis in axes:
    planes = np.ascontiguousarray(values[axis].astype("<i4").view(np.uint8).reshape(-1, 4).T).tobytes()
    started = time.perf_counter()
    split = len(zstd.compress(planes))
    ns = (time.perf_counter() - started) * 1e9 / rows
    sizes = [
        f"{packed(steps[axis], 1)[0] / rows:.2f}",
        f"{len(zstd.compress(packed(steps[axis], 8)[1])) / rows:.2f}",
        f"{split / rows:.2f} ({ns:.0f} ns)",
        f"{sum(packed(steps[axis][kind], 1)[0] for kind in (roams, ~roams)) / rows:.2f}",
        f"{entropy(steps[axis]):.2f}",
    ]
    print(f"| {axis} | {' | '.join(sizes)} |")
