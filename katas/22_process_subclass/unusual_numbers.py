"""Numbers that note in which process they are multiplied, and one that takes long."""

from __future__ import annotations

import time


class NotingNumber(int):
    multiplied_here = 0  # how often in this process, by any of them

    def __mul__(self, other: int) -> int:
        NotingNumber.multiplied_here += 1
        return int(self) * int(other)

    __rmul__ = __mul__

    def __pow__(self, exponent: int, modulus: int | None = None) -> int:  # type: ignore[override]
        NotingNumber.multiplied_here += 1
        return int(pow(int(self), exponent, modulus))


class LateNumber(NotingNumber):
    def __mul__(self, other: int) -> int:
        time.sleep(0.1)  # long enough for others to overtake, where others are multiplied meanwhile
        return super().__mul__(other)

    __rmul__ = __mul__

    def __pow__(self, exponent: int, modulus: int | None = None) -> int:  # type: ignore[override]
        time.sleep(0.1)
        return super().__pow__(exponent, modulus)
