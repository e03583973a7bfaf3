"""How fast letters may leave, and how long to wait after a failure. Pure: the time comes in, the seconds to wait come out."""

from __future__ import annotations

from collections import deque

MINUTE = 60.0


class Pace:
    """At most so many letters in any minute; a burst up to that goes at once."""

    def __init__(self, per_minute: int) -> None:
        self._booked: deque[float] = deque(maxlen=max(1, per_minute))

    def ready(self, now: float) -> bool:
        """Whether a letter may leave now; books nothing."""
        return len(self._booked) < (self._booked.maxlen or 1) or self._booked[0] + MINUTE <= now

    def wait(self, now: float) -> float:
        """Seconds until the next letter may leave (0: now); its place is booked with that.

        ``now`` is in seconds of any clock; one that is set back never makes a wait longer than a minute.
        """
        full = len(self._booked) == self._booked.maxlen
        delay = min(max(0.0, self._booked[0] + MINUTE - now), MINUTE) if full else 0.0
        self._booked.append(now + delay)
        return delay


class Patience:
    """Pauses between tries: each twice as long as the one before, until something has gone well.

    Attributes:
        over: when the last pause is over; 0 at first.
    """

    def __init__(self, first: float, longest: float) -> None:
        self._first, self._longest = first, longest
        self._times = 0
        self.over = 0.0

    def next(self, now: float) -> float:
        """Seconds to wait before another try. After twice the longest pause in peace, they are short again."""
        if now > self.over + 2 * self._longest:
            self._times = 0
        pause = min(self._first * 2.0 ** min(self._times, 60), self._longest)
        self._times += 1
        self.over = now + pause
        return pause

    def calm(self) -> None:
        """It has gone well."""
        self._times, self.over = 0, 0.0
