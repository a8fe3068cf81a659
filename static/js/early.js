// Runs before the first paint: says that scripts work and sets the remembered text size.
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("js");
  try {
    var size = window.localStorage.getItem("ieum-text-size");
    if (size) root.dataset.textSize = size;
  } catch (error) {
    // Storage may be forbidden; the page then has the usual size.
  }
})();
