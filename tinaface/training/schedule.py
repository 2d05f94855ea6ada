"""The learning rate at each step: warm-up, cosine restarts, and one cosine over a given time.

Light: no TensorFlow. Source: specification, section 10.
"""

import math
from dataclasses import dataclass

from tinaface.presets import Schedule

# Each cosine ends near this share of the base rate.
_LEAST_SHARE = 0.01


@dataclass(frozen=True)
class LearningRate:
    """Rates of one run.

    Attributes:
        schedule: the preset's.
        batch: pictures behind one update; the base rate scales linearly with it.
        steps_per_epoch: updates an epoch.
    """

    schedule: Schedule
    batch: int
    steps_per_epoch: int

    @property
    def base(self) -> float:
        """The rate at the top of a cycle."""
        return self.schedule.learning_rate * self.batch / self.schedule.batch

    def with_restarts(self, step: int) -> float:
        """The reference's rate at a 0-based step: it changes once an epoch, and in warm-up."""
        epoch = step // self.steps_per_epoch
        cycle = self.schedule.cycle_epochs
        return self._warmed(step, self._cosine((epoch % cycle) / cycle))

    def in_one_cycle(self, step: int, share: float) -> float:
        """The rate where `share` (0..1) of the only cycle is over, by steps or by the clock."""
        return self._warmed(step, self._cosine(min(share, 1.0)))

    def _cosine(self, share: float) -> float:
        least = _LEAST_SHARE * self.base
        return least + 0.5 * (self.base - least) * (1 + math.cos(math.pi * share))

    def _warmed(self, step: int, regular: float) -> float:
        if step >= self.schedule.warmup_steps:
            return regular
        missing = 1 - step / self.schedule.warmup_steps
        return regular * (1 - missing * (1 - self.schedule.warmup_ratio))
