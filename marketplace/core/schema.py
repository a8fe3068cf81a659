"""The description of the API says of every operation how it refuses, and who gets in."""

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema

from marketplace.core.api import ErrorOut


class RefusalsDescribed(AutoSchema):
    """Adds the one error shape for what any operation may answer; what a view describes itself stays.

    A key of an organization is named where it gets in: at what is open to everybody and at views with `opens_by_key`.
    """

    def get_auth(self) -> list[dict[str, list[str]]]:
        named: list[dict[str, list[str]]] = super().get_auth()
        if getattr(self.view, "is_public", False) and {} not in named:
            named.append({})
        if {} in named or getattr(self.view, "opens_by_key", False):
            return named
        return [each for each in named if "key" not in each]

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        codes = ["400", "401", "403", "429", "503"]
        if "{" in self.path:
            codes.append("404")
        if self.method != "GET":
            codes += ["409", "413", "415"]
        for code in codes:
            bodies.setdefault(code, self._get_response_for_code(ErrorOut, code, direction=direction))
        return dict(sorted(bodies.items()))
