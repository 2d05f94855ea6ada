"""The result of a look through a data set as data: grouped, and written as text or CSV."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tinaface.health import ERRORS, KINDS, Finding
from tinaface.suspicion.suspecter import Suspicion

MOST_IN_TEXT = 200
SUSPICIOUS = "Labels that may be wrong, the most suspicious first"


@dataclass(frozen=True, eq=False)
class HealthReport:
    """What `check --json` says.

    Attributes:
        findings: by kind, in the order of KINDS; only kinds of which there are any.
        heights, aspects, faces_of: histograms, counts by class.
        usual_spelling: of each label that is spelled in an unusual way.
        review_bytes: bytes in the review folder, by what they are for.
        suspicious: labels that may be wrong, the most suspicious first; None where no model's
            predictions were asked.
    """

    images: int
    labelled: int
    faces: int
    ignored: int
    findings: Mapping[str, list[Finding]]
    heights: Mapping[str, int] = field(default_factory=dict)
    aspects: Mapping[str, int] = field(default_factory=dict)
    faces_of: Mapping[str, int] = field(default_factory=dict)
    usual_spelling: Mapping[str, str] = field(default_factory=dict)
    review_bytes: Mapping[str, int] = field(default_factory=dict)
    suspicious: Sequence[Suspicion] | None = None

    @staticmethod
    def from_json(line: bytes | str) -> "HealthReport":
        """The report in a line. Raises ValueError, KeyError or TypeError where there is none."""
        fields: Mapping[str, Any] = json.loads(line)
        found: dict[str, list[Finding]] = {kind: [] for kind in KINDS}
        for one in fields["findings"]:
            found[one["kind"]].append(Finding(**one))
        return HealthReport(
            images=fields["images"],
            labelled=fields["labelled"],
            faces=fields["faces"],
            ignored=fields["ignored"],
            findings={kind: some for kind, some in found.items() if some},
            heights=fields["heights"],
            aspects=fields["aspects"],
            faces_of=fields["faces_of"],
            usual_spelling=fields["usual_spelling"],
            review_bytes=fields["review_bytes"],
            suspicious=[Suspicion.from_fields(one) for one in fields["suspicious"]]
            if "suspicious" in fields
            else None,
        )

    def images_of(self, kind: str) -> list[str]:
        """The images that findings of a kind are about, each once."""
        return list(dict.fromkeys(one.image for one in self.findings.get(kind, ()) if one.image))

    def to_text(self, title: str) -> str:
        """A report for people."""
        lines = [
            title,
            "",
            f"images           {self.images:,}",
            f"with labels      {self.labelled:,}",
        ]
        lines += [f"faces            {self.faces:,}", f"ignored faces    {self.ignored:,}"]
        for name, histogram in (
            ("face height, pixels", self.heights),
            ("width over height", self.aspects),
            ("faces in a label file", self.faces_of),
        ):
            lines += ["", name, *(f"{key:>9} {count:>9,}" for key, count in histogram.items())]
        for kind, findings in self.findings.items():
            sign = "error" if kind in ERRORS else "note"
            lines += _listed(
                f"{sign}: {KINDS[kind]}", [f"{one.path}: {one.text}" for one in findings]
            )
        if self.suspicious:
            said = [f"{one.image}: {one.probability:.0%} {one.summary}" for one in self.suspicious]
            lines += _listed(f"note: {SUSPICIOUS}", said)
        if not self.findings:
            lines += ["", "nothing is wrong"]
        return "\n".join(lines) + "\n"

    def to_csv(self) -> str:
        """All findings, a row each."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(["kind", "severity", "file", "image", "text"])
        for kind, findings in self.findings.items():
            severity = "error" if kind in ERRORS else "note"
            for one in findings:
                writer.writerow([kind, severity, one.path, one.image, one.text])
        for suspicion in self.suspicious or ():
            image, said = suspicion.image, f"{suspicion.probability:.0%} {suspicion.summary}"
            writer.writerow(["suspicious label", "note", image, image, said])
        return text.getvalue()


def _listed(title: str, said: Sequence[str]) -> list[str]:
    """The lines of a group: how many, and the first of them."""
    lines = ["", f"{title}: {len(said):,}", *(f"  {one}" for one in said[:MOST_IN_TEXT])]
    if len(said) > MOST_IN_TEXT:
        lines.append(f"  ... and {len(said) - MOST_IN_TEXT:,} more")
    return lines
