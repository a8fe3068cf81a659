// Suggestions below a search box: a combobox with a list (ARIA 1.2). Without this file it is a plain search.
(function () {
  "use strict";
  const WAIT = 150;
  const MOST_ASKED = 100; // what is longer is a text, and nothing completes it
  const MOST_ROWS = 7;
  let serial = 0;

  function combobox(input) {
    const form = input.form;
    const list = document.createElement("div");
    let timer = 0;
    let request = null;
    let active = null;

    serial += 1;
    list.className = "suggestions";
    list.id = "suggestions-list-" + serial;
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", input.dataset.suggestLabel);
    input.parentElement.append(list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-haspopup", "listbox");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", list.id);
    input.setAttribute("autocomplete", "off");

    const options = () => [...list.querySelectorAll("[role=option]")];

    function mark(option) {
      if (active) active.setAttribute("aria-selected", "false");
      active = option || null;
      if (!active) {
        input.removeAttribute("aria-activedescendant");
        return;
      }
      active.setAttribute("aria-selected", "true");
      input.setAttribute("aria-activedescendant", active.id);
      active.scrollIntoView({ block: "nearest" });
    }

    function forget() {
      window.clearTimeout(timer);
      if (request) request.abort();
      request = null;
    }

    function close() {
      forget();
      mark(null);
      list.hidden = true;
      list.replaceChildren();
      input.setAttribute("aria-expanded", "false");
    }

    function show(html) {
      mark(null);
      list.innerHTML = html;
      const body = list.querySelector("[data-said]");
      list.hidden = !body;
      input.setAttribute("aria-expanded", String(Boolean(body)));
      list.scrollTop = 0;
      const announcer = document.getElementById("announcer");
      if (announcer && body) announcer.textContent = body.dataset.said;
    }

    async function ask() {
      const value = input.value;
      request = new AbortController();
      const own = request;
      try {
        const answer = await fetch(input.dataset.suggest + "?" + new URLSearchParams({ q: value }), {
          signal: own.signal,
          headers: { "X-Requested-With": "fetch" },
        });
        const html = answer.ok ? await answer.text() : "";
        if (own === request && document.activeElement === input && input.value === value) show(html);
      } catch (error) {
        // Aborted by the next letter, or no connection: the search itself says so.
      }
    }

    // Only what is typed at the end is completed; whoever corrects a word in the middle is left alone.
    const atEnd = () => input.selectionEnd === null || input.selectionEnd === input.value.length;

    const completes = () =>
      Boolean(input.value.trim()) && input.value.length <= MOST_ASKED && !input.value.trim().includes("\n");

    function askSoon() {
      forget();
      if (!completes() || !atEnd()) {
        close();
        return;
      }
      timer = window.setTimeout(ask, WAIT);
    }

    function choose(option) {
      const { kind, query, parameter, code } = option.dataset;
      const href = option.href;
      close();
      if (kind === "title") {
        window.location.assign(href);
        return;
      }
      input.value = query;
      fit();
      if (kind === "word") {
        form.requestSubmit();
        return;
      }
      // A class becomes a filter beside those that are set already.
      const asked = new URLSearchParams();
      for (const [name, value] of new FormData(form)) {
        if (typeof value === "string" && value.trim() && name !== "page") asked.append(name, value);
      }
      if (parameter === "ipc") asked.delete("ipc");
      if (!asked.getAll(parameter).includes(code)) asked.append(parameter, code);
      window.location.assign(form.action + "?" + asked);
    }

    function step(by) {
      const all = options();
      if (!all.length) return;
      const place = all.indexOf(active) + by;
      if (active && (place < 0 || place >= all.length)) mark(null);
      else mark(all[active ? place : by > 0 ? 0 : all.length - 1]);
    }

    // A text that is too long is said to be so when it is sent, and is never cut.
    function fit() {
      const tooLong = [...input.value].length > Number(input.dataset.most);
      input.setCustomValidity(tooLong ? input.dataset.tooLong : "");
      if (window.CSS && CSS.supports("field-sizing", "content")) return;
      input.rows = 1;
      while (input.rows < MOST_ROWS && input.scrollHeight > input.clientHeight) input.rows += 1;
    }
    fit();
    input.addEventListener("input", fit);

    // While a syllable is being composed its value counts, but its keys belong to the input method.
    input.addEventListener("input", askSoon);
    input.addEventListener("keydown", (event) => {
      if (event.isComposing || event.keyCode === 229) return;
      const open = !list.hidden;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (open) step(event.key === "ArrowDown" ? 1 : -1);
        else if (event.key === "ArrowDown" && completes()) {
          forget();
          ask();
        } else return;
        event.preventDefault();
      } else if (event.key === "Enter" && open && active) {
        event.preventDefault();
        choose(active);
      } else if (event.key === "Escape" && open) {
        event.preventDefault();
        event.stopPropagation();
        close();
      } else if (event.key === "Tab") {
        close();
      } else if (event.key === "Enter" && !event.shiftKey) {
        event.preventDefault();
        close();
        form.requestSubmit();
      }
    });
    input.addEventListener("blur", close);
    form.addEventListener("submit", close);

    // The box keeps the focus while the list is used by mouse or finger.
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("mousemove", (event) => {
      const option = event.target.closest("[role=option]");
      if (option && option !== active) mark(option);
    });
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (!option || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      choose(option);
    });
  }

  const ready = new WeakSet();

  function equip() {
    for (const input of document.querySelectorAll("textarea[data-suggest]")) {
      if (!input.form || ready.has(input)) continue;
      ready.add(input);
      combobox(input);
    }
  }

  equip();
  // Going back brings a new body.
  for (const name of ["htmx:load", "htmx:historyRestore"]) document.addEventListener(name, equip);
})();
