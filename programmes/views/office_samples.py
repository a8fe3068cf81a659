"""The office's samples of a rehearsal: taken over from an earlier call, to be checked, scored and selected."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from accounts.http import SignedInRequest, posted
from marketplace.core.asking import do
from programmes.forms.samples import SamplesForm
from programmes.queries.samples import sources_of
from programmes.services.review.samples import MOST_SAMPLES, take_samples
from programmes.views.office_calls import rehearsal_of


@require_http_methods(["GET", "HEAD", "POST"])
def call_samples(request: SignedInRequest, public_id: UUID) -> HttpResponse:
    found, at = rehearsal_of(request, public_id), timezone.now()
    sources = sources_of(found, at)
    form = SamplesForm(posted(request), sources=sources, initial={"key": uuid4()})
    if request.method == "POST" and form.is_valid():
        taken = do(form, take_samples, call=found, **form.cleaned_data, by=request.user, at=at)
        if taken is not None:
            words = ngettext("%(many)d sample was taken over.", "%(many)d samples were taken over.", taken)
            messages.success(request, words % {"many": taken})
            return redirect("programmes:review_queue", found.number)
    context = {
        "call": found, "form": form, "has_sources": sources.exists(), "most": MOST_SAMPLES,
        "there": found.applications.count(),
    }  # fmt: skip
    return render(request, "programmes/calls/samples.html", context, status=422 if form.errors else 200)
