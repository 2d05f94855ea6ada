"""What a golden check says about one quantity of one file."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measurement:
    """How far our number lies from the reference's.

    Attributes:
        file: name of the golden file.
        quantity: what was compared, as the table prints it.
        error: the distance found, in the sense that `quantity` names (relative to the largest
            entry, absolute, or a count of differing entries); NaN if it could not be computed.
        tolerance: the largest error that passes.
    """

    file: str
    quantity: str
    error: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the error is a number within the tolerance; NaN never passes."""
        return self.error <= self.tolerance
