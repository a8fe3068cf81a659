from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def components(request: HttpRequest) -> HttpResponse:
    """Every component in every state, in development and for the tests that look at them."""
    return render(request, "components.html")
