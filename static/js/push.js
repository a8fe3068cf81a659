// Turns messages on this device on and off. The permission is asked for only when the button is pressed.
(function () {
  "use strict";
  const place = document.querySelector("[data-push]");
  if (!place) return;
  const form = place.querySelector("[data-push-add]");
  const show = (name) => {
    for (const part of place.querySelectorAll("[hidden], [data-push-shown]")) part.hidden = !part.matches(`[data-push-${name}]`);
    const shown = place.querySelector(`[data-push-${name}]`);
    if (shown) shown.dataset.pushShown = "yes";
  };
  const key = () => {
    const text = place.dataset.push.replace(/-/g, "+").replace(/_/g, "/");
    return Uint8Array.from(window.atob(text + "=".repeat((4 - (text.length % 4)) % 4)), (sign) => sign.charCodeAt(0));
  };
  const text = (bytes) =>
    window.btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) {
    show("unable");
    return;
  }
  const known = [...document.querySelectorAll("[data-push-remove]")];
  navigator.serviceWorker.ready
    .then((worker) => worker.pushManager.getSubscription())
    .then((asked) => {
      if (asked && known.some((each) => each.dataset.pushRemove === asked.endpoint)) show("on");
      else show(Notification.permission === "denied" ? "refused" : "add");
    });

  form.addEventListener("submit", (event) => {
    if (form.elements.endpoint.value) return;
    event.preventDefault();
    // Before the script that stops a form from being sent twice sees it.
    event.stopImmediatePropagation();
    Notification.requestPermission()
      .then((answer) => (answer === "granted" ? navigator.serviceWorker.ready : Promise.reject(new Error(answer))))
      .then((worker) => worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key() }))
      .then((asked) => {
        form.elements.endpoint.value = asked.endpoint;
        form.elements.p256dh.value = text(asked.getKey("p256dh"));
        form.elements.auth.value = text(asked.getKey("auth"));
        form.requestSubmit();
      })
      .catch(() => show(Notification.permission === "denied" ? "refused" : "unable"));
  });

  for (const each of known) {
    each.addEventListener("submit", () => {
      navigator.serviceWorker.ready
        .then((worker) => worker.pushManager.getSubscription())
        .then((asked) => asked && asked.endpoint === each.dataset.pushRemove && asked.unsubscribe());
    });
  }
})();
