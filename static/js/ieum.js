// Small behaviours on top of pages that work without them: menus, drawers, text size, focus, htmx.
(function () {
  "use strict";
  const root = document.documentElement;

  // Text size ------------------------------------------------------------------------------------
  function showTextSize() {
    const now = root.dataset.textSize || "normal";
    for (const button of document.querySelectorAll("button[data-text-size]")) {
      button.setAttribute("aria-pressed", String(button.dataset.textSize === now));
    }
  }

  function setTextSize(size) {
    root.dataset.textSize = size;
    try {
      window.localStorage.setItem("ieum-text-size", size);
    } catch (error) {
      // Not remembered then.
    }
    showTextSize();
  }

  // Menus and drawers (both are <details>) -------------------------------------------------------
  const focusable = "a[href], button:not([disabled]), input:not([type=hidden]):not([disabled]), select, textarea, summary";
  const visible = (element) => element.getClientRects().length > 0;

  function close(details, giveFocusBack) {
    if (!details.open) return;
    details.open = false;
    if (giveFocusBack) details.querySelector("summary").focus();
  }

  function covers(details) {
    const panel = details.querySelector(".drawer-panel, .phone-menu-panel");
    return panel && window.getComputedStyle(panel).position === "fixed";
  }

  document.addEventListener(
    "toggle",
    (event) => {
      const details = event.target;
      if (!(details instanceof HTMLDetailsElement)) return;
      if (details.matches("[data-menu]") && details.open) {
        for (const other of document.querySelectorAll("[data-menu][open]")) if (other !== details) close(other, false);
      }
      if (details.matches("[data-drawer]")) {
        const locked = details.open && covers(details);
        root.classList.toggle("drawer-is-open", Boolean(locked));
        if (locked) {
          const panel = details.querySelector(".drawer-panel, .phone-menu-panel");
          const first = [...panel.querySelectorAll(focusable)].find(visible);
          if (first) first.focus();
        }
      }
    },
    true,
  );

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const open = [...document.querySelectorAll("[data-menu][open], [data-drawer][open]")].filter(
        (details) => details.matches("[data-menu]") || covers(details),
      );
      if (open.length) close(open[open.length - 1], true);
      return;
    }
    if (event.key !== "Tab") return;
    const drawer = [...document.querySelectorAll("[data-drawer][open]")].find(covers);
    if (!drawer) return;
    const stops = [...drawer.querySelector(".drawer-panel, .phone-menu-panel").querySelectorAll(focusable)].filter(visible);
    if (!stops.length) return;
    const [first, last] = [stops[0], stops[stops.length - 1]];
    if (event.shiftKey && document.activeElement === first) {
      event.preventDefault();
      last.focus();
    } else if (!event.shiftKey && document.activeElement === last) {
      event.preventDefault();
      first.focus();
    }
  });

  document.addEventListener("click", (event) => {
    const size = event.target.closest("button[data-text-size]");
    if (size) setTextSize(size.dataset.textSize);
    const closer = event.target.closest("[data-drawer-close]");
    if (closer) close(closer.closest("details"), true);
    for (const menu of document.querySelectorAll("[data-menu][open]")) {
      if (!menu.contains(event.target)) close(menu, false);
    }
  });

  // Demo accounts fill the sign-in form ------------------------------------------------------------
  document.addEventListener("click", (event) => {
    const account = event.target.closest("[data-fills]");
    if (!account) return;
    const [login, password] = [document.getElementById("id_login"), document.getElementById("id_password")];
    if (!login || !password) return;
    login.value = account.dataset.fills;
    password.value = account.dataset.secret;
    login.form.requestSubmit();
  });

  // Error summary: first thing heard; its links lead into groups too -------------------------------
  function takeFocus(scope) {
    const summary = scope.querySelector("[data-takes-focus]");
    if (summary) summary.focus();
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest(".error-summary a[href^='#']");
    if (!link) return;
    const target = document.getElementById(link.getAttribute("href").slice(1));
    if (!target) return;
    const control = target.matches(focusable) ? target : target.querySelector(focusable);
    if (!control) return;
    event.preventDefault();
    control.focus();
    (control.closest(".field") || control).scrollIntoView({ block: "center" });
  });

  // A form is sent once, however often the button is pressed ---------------------------------------
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    window.setTimeout(() => delete form.dataset.sent, 5000);
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // File drop zone: the file input covers it, so dropping works by itself; only say what was chosen ---
  document.addEventListener("dragover", (event) => {
    const zone = event.target.closest && event.target.closest("[data-drop-zone]");
    if (zone) zone.classList.add("is-over");
  });
  for (const name of ["dragleave", "drop"]) {
    document.addEventListener(name, (event) => {
      const zone = event.target.closest && event.target.closest("[data-drop-zone]");
      if (zone) zone.classList.remove("is-over");
    });
  }

  // Auto-submit for sort boxes and the like; without scripts their button is visible -----------------
  document.addEventListener("change", (event) => {
    const control = event.target.closest("[data-submits]");
    if (control && control.form) control.form.requestSubmit();
  });

  // One box that ticks all of its form; without scripts it is not shown --------------------------------
  document.addEventListener("change", (event) => {
    const all = event.target.closest("[data-checks]");
    if (!all || !all.form) return;
    for (const box of all.form.querySelectorAll(`input[type=checkbox][name="${all.dataset.checks}"]`)) box.checked = all.checked;
  });

  // htmx -------------------------------------------------------------------------------------------
  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector("meta[name=csrf-token]");
    if (token) event.detail.headers["X-CSRFToken"] = token.content;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    // Refusals come as pages or partials that explain themselves: show them.
    if ([400, 403, 404, 409, 422].includes(event.detail.xhr.status) && event.detail.xhr.responseText) {
      const whole = /^\s*<!doctype/i.test(event.detail.xhr.responseText);
      event.detail.shouldSwap = !whole;
      event.detail.isError = false;
    }
  });
  // New results: whoever pressed a button or followed a link is taken to their heading; whoever is still choosing
  // filters keeps the place and hears the heading once.
  document.addEventListener("htmx:afterSettle", (event) => {
    const scope = event.detail.elt || document;
    takeFocus(scope);
    const heading = scope.matches("[data-focus-after-swap]") ? scope : scope.querySelector("[data-focus-after-swap]");
    const source = event.detail.requestConfig && event.detail.requestConfig.triggeringEvent;
    if (!heading || !source || !["submit", "click", "change"].includes(source.type)) return;
    if (source.type === "change") {
      const announcer = document.getElementById("announcer");
      if (announcer) announcer.textContent = heading.textContent.trim();
      return;
    }
    for (const drawer of document.querySelectorAll(".drawer[open]")) if (covers(drawer)) close(drawer, false);
    heading.focus();
  });
  function tell(sentence) {
    const place = document.getElementById("messages");
    if (!place || !sentence) return;
    const note = document.createElement("div");
    note.className = "alert alert-danger";
    note.textContent = sentence;
    place.replaceChildren(note);
    note.scrollIntoView({ block: "nearest" });
  }

  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(name, () => tell(document.body.dataset.connectionLost));
  }

  // A passkey that is not there, was refused or took too long
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    tell(document.body.dataset.passkeyFailed);
  });

  // On a phone a row of tabs is wider than the page: begin where the reader is
  for (const tab of document.querySelectorAll(".tab.is-current")) {
    tab.closest(".tabs").scrollLeft = tab.offsetLeft - tab.closest(".tabs").offsetLeft - 16;
  }

  showTextSize();
  takeFocus(document);
})();
