"""An agency's manager applies, saves, comes back on a phone, and hands in."""

from django.utils import timezone

from brokers.models import Application
from tests.factories.brokers.registration import manager, paper, shipped_requirements, staff


def test_applies_saves_returns_and_hands_in(visit, tmp_path, settings):
    settings.PRIVATE_ROOT = tmp_path / "private"
    shipped_requirements(timezone.now())
    by = manager()
    organization = by.active_organizations().get()
    for _place in range(3):
        staff(organization)
    files = {}
    for kind in ("Articles of incorporation", "Business plan", "Working guideline"):
        files[kind] = tmp_path / f"{kind}.pdf"
        files[kind].write_bytes(paper(kind))

    page = visit(by, "/brokers/apply/")
    page.get_by_role("button", name="Begin the application of an agency").click()
    check = page.get_by_role("complementary", name="Check of the requirements")
    check.get_by_text("3 qualified people work for you; 3 are needed.").wait_for()
    page.get_by_label("Representative").fill("Hana Representative")
    page.get_by_label("How it collects, keeps and passes on technology").fill("A database of offers.")
    page.get_by_label("Address of the information network").fill("https://network.example/")
    page.get_by_label("Representative").focus()
    # What is typed counts at once, and is not saved yet.
    check.get_by_text("It is described, and an address or a proof shows it.").wait_for()
    assert Application.objects.get().network_url == ""
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved. You can go on at any time.").wait_for()

    # Another day, on a phone and without JavaScript.
    phone = visit(by, "/", phone=True, javascript=False)
    phone.get_by_role("link", name="Go on with the application").click()
    phone.get_by_role("link", name="Go on writing").click()
    for kind, path in files.items():
        phone.get_by_label("Kind of document").select_option(label=kind)
        phone.get_by_label("File").set_input_files(path)
        phone.get_by_role("button", name="Save and add the file").click()
        phone.get_by_text(f"Saved, with the file “{path.name}”.").wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    phone.get_by_label("Speciality").fill("Batteries and hydrogen")
    phone.get_by_role("button", name="Save and go on to handing in").click()
    phone.get_by_label("I declare that everything here is true and complete.").check()
    phone.get_by_role("button", name="Hand in").click()
    found = Application.objects.get()
    phone.get_by_text(f"Handed in. Your receipt number is {found.number}.").wait_for()
    phone.get_by_text("An officer takes it up.").wait_for()
    assert (found.state, found.speciality) == ("applied", "Batteries and hydrogen")
