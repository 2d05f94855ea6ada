"""Finding a text by some of its letters, as a command palette does."""

WORD_START = 8.0
NEXT_TO_IT = 9.0
GAP = 0.2


def score(wanted: str, text: str) -> float | None:
    """How well the letters of `wanted` are found in `text` in their order; None where they are not.

    Letters next to each other count most, then beginnings of words; letters that
    are passed over cost a little. Case and spaces in `wanted` do not count.
    """
    letters = [letter for letter in wanted.casefold() if not letter.isspace()]
    folded = text.casefold()
    # The best sum with the letters so far, by the place of the last of them.
    best: dict[int, float] = {-1: 0.0}
    for letter in letters:
        places = [at for at, one in enumerate(folded) if one == letter]
        best = {
            at: max(
                total + _worth(folded, before, at) for before, total in best.items() if before < at
            )
            for at in places
            if any(before < at for before in best)
        }
        if not best:
            return None
    return max(best.values())


def _worth(text: str, before: int, at: int) -> float:
    """What a letter at a place adds, where the one before it stands at `before` (-1 for none)."""
    if before >= 0 and at == before + 1:
        return NEXT_TO_IT
    is_word_start = at == 0 or not text[at - 1].isalnum()
    return (WORD_START if is_word_start else 1.0) - GAP * min(at - before - 1, 5)
