"""Letters of other alphabets that lie on the keys of Latin ones.

A key stands for what is printed on it in Latin: D works where a Greek
keyboard writes Δ.
"""

_LATIN = "QWERTYUIOPASDFGHJKLZXCVBNM,"
# The same keys from left to right, row by row. The Greek W writes a sigma, as S does: no help.
_ALPHABETS = {
    "Cyrillic": "ЙЦУКЕНГШЩЗФЫВАПРОЛДЯЧСМИТЬБ",
    "Ukrainian": "ЙЦУКЕНГШЩЗФІВАПРОЛДЯЧСМИТЬБ",
    "Greek": "; ΕΡΤΥΘΙΟΠΑΣΔΦΓΗΞΚΛΖΧΨΩΒΝΜ,",
    "Hebrew": "/'קראטוןםפשדגכעיחלךזסבהנמצת",
}


def with_equivalents(key: str) -> list[str]:
    """A key in portable form, and the same key as keyboards of other alphabets name it."""
    prefix, plus, letter = key.rpartition("+")
    if len(letter) != 1 or letter not in _LATIN:
        return [key]
    at = _LATIN.index(letter)
    others = dict.fromkeys(alphabet[at] for alphabet in _ALPHABETS.values())
    return [key, *(prefix + plus + other for other in others if other.isalpha())]
