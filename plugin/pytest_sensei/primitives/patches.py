"""Puts something else behind a name of the standard library, and what stood there back again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Patch:
    """One name of a module or class, and what stands behind it while the patch is in place."""

    owner: Any
    name: str
    ours: Any


@dataclass(slots=True)
class Patches:
    """Patches that are in place, each with what stood there before."""

    originals: list[tuple[Patch, Any]] = field(default_factory=list)

    def apply(self, patches: Iterable[Patch]) -> None:
        """Put patches in place, one after the other: two of one name lie on top of each other."""
        for patch in patches:
            self.originals.append((patch, vars(patch.owner)[patch.name]))
            setattr(patch.owner, patch.name, patch.ours)

    def revert(self) -> None:
        """Put the originals back, unless somebody else has replaced ours in the meantime."""
        while self.originals:
            patch, original = self.originals.pop()
            if vars(patch.owner).get(patch.name) is patch.ours:
                setattr(patch.owner, patch.name, original)
