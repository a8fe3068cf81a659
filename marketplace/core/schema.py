"""The description of the API says of every operation how it refuses."""

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema

from marketplace.core.api import ErrorOut


class RefusalsDescribed(AutoSchema):
    """Adds the one error shape for what any operation may answer; what a view describes itself stays."""

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        codes = ["400", "401", "403", "429"]
        if "{" in self.path:
            codes.append("404")
        if self.method != "GET":
            codes += ["409", "415"]
        for code in codes:
            bodies.setdefault(code, self._get_response_for_code(ErrorOut, code, direction=direction))
        return dict(sorted(bodies.items()))
