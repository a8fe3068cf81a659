// Keys for an officer who goes through a queue. Every key only presses a button or follows a link of the page.
(function () {
  "use strict";
  const REMEMBERED = "ieum-review-keys";
  const TYPING = "textarea, select, input:not([type=checkbox]):not([type=radio]), [contenteditable]";

  function inUse() {
    try {
      return window.localStorage.getItem(REMEMBERED) !== "off";
    } catch (error) {
      return true;
    }
  }

  function showSwitch() {
    for (const button of document.querySelectorAll("[data-keys-switch]")) {
      button.hidden = false;
      button.setAttribute("aria-pressed", String(inUse()));
    }
    for (const all of document.querySelectorAll("[data-select-all]")) all.hidden = false;
  }

  function press(element) {
    if (!element.matches("summary")) {
      element.click();
      return;
    }
    const details = element.parentElement;
    details.open = element.dataset.key === "?" ? !details.open : true;
    const first = details.querySelector("textarea, input:not([type=hidden]), select, button:not([hidden])");
    if (details.open && first) first.focus();
    else element.focus();
  }

  function inRows(key) {
    const rows = [...document.querySelectorAll("[data-queue-row]")];
    if (!rows.length) return false;
    const at = rows.findIndex((row) => row.contains(document.activeElement));
    if (key === "j" || key === "k") {
      const to = at < 0 ? 0 : Math.min(Math.max(at + (key === "j" ? 1 : -1), 0), rows.length - 1);
      rows[to].querySelector("a").focus();
      rows[to].scrollIntoView({ block: "nearest" });
      return true;
    }
    if (at < 0) return false;
    const box = rows[at].querySelector("input[type=checkbox]");
    if (key === "x" && box) box.click();
    else if (key === "o") rows[at].querySelector("a").click();
    else return false;
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (!inUse() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target instanceof Element && event.target.matches(TYPING)) return;
    const key = event.key.toLowerCase();
    if (!"jkxoar?".includes(key) || key.length !== 1) return;
    if (inRows(key)) {
      event.preventDefault();
      return;
    }
    const element = document.querySelector(`[data-key="${key}"]`);
    if (!element) return;
    event.preventDefault();
    press(element);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-keys-switch]");
    if (!button) return;
    try {
      window.localStorage.setItem(REMEMBERED, inUse() ? "off" : "on");
    } catch (error) {
      // Not remembered then.
    }
    showSwitch();
  });

  document.addEventListener("change", (event) => {
    const all = event.target.closest("[data-select-all] input");
    if (!all) return;
    for (const box of all.closest("form").querySelectorAll("[data-queue-row] input[type=checkbox]")) {
      box.checked = all.checked;
    }
  });

  document.addEventListener("DOMContentLoaded", showSwitch);
  document.addEventListener("htmx:afterSwap", showSwitch);
})();
