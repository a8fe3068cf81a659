// Makes the site an app: registers the service worker. Without one, everything works as before.
(function () {
  "use strict";
  if (!("serviceWorker" in navigator) || !window.isSecureContext) return;
  window.addEventListener("load", () => {
    navigator.serviceWorker.register("/worker.js", { scope: "/" }).catch(() => {
      // Not kept for reading without network then.
    });
  });
})();
