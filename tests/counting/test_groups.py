"""Rows of units that share a place, added at once and one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tokscope.counting.groups import BLOCKS, Blocks

# The sizes of units, batch by batch; units of no bytes are records of the same line.
SIZES = st.lists(st.lists(st.integers(0, 3 * BLOCKS), min_size=1, max_size=8), max_size=5)


@given(SIZES)
def test_blocks_are_sums_of_the_units_that_begin_in_them(batches: list[list[int]]) -> None:
    blocks = Blocks(np.zeros((BLOCKS, 2, 1), np.int64))
    end, begun = 0, []
    for sizes in batches:
        offsets = end + np.cumsum([0, *sizes])
        end = int(offsets[-1])
        begun += offsets[:-1].tolist()
        blocks.add(np.stack([offsets[:-1] + 1, offsets[:-1] * 2], axis=1)[:, :, None], offsets[:-1])
    expected: dict[int, list[int]] = {}
    for offset in begun:
        row = expected.setdefault(offset // blocks.width * blocks.width, [0, 0])
        row[0] += offset + 1
        row[1] += offset * 2
    rows, places = blocks.filled()
    assert dict(zip(places.tolist(), rows[:, :, 0].tolist(), strict=True)) == expected
