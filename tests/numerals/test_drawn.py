"""The numbers that are cut are those that reports name."""

from __future__ import annotations

from tokscope.numerals.drawn import few, leading, numbers_of, problems


def test_samples_are_what_they_are_said_to_be() -> None:
    assert numbers_of(2, 5) == tuple(f"{n:02d}" for n in range(100))
    assert len(set(numbers_of(12, 0))) == 1000
    assert all(len(n) == 7 and n[0] != "0" for n in numbers_of(7, 0))
    assert numbers_of(7, 0) != numbers_of(7, 1)
    assert leading(1) == 0
    assert numbers_of(3, 0)[leading(3)] == "100"
    assert not any(n[0] == "0" and len(n) > 1 for n in few(range(1, 6), 0))
    first, second = problems(0)
    longer = sum(
        len(str(a + b)) > max(len(str(a)), len(str(b))) for a, b in zip(first, second, strict=True)
    )
    assert (len(first), longer) == (1000, 500)
