// Before the first paint: the colours chosen last, or the system's, which are followed as they change.
(function () {
  var system = matchMedia("(prefers-color-scheme: dark)");
  function paint() {
    var chosen = null;
    try { chosen = localStorage.getItem("gatepost-theme"); } catch (error) { /* no storage: the system decides */ }
    var dark = chosen === "dark" || (chosen !== "light" && system.matches);
    document.documentElement.dataset.theme = dark ? "dark" : "light";
  }
  paint();
  system.addEventListener("change", paint);
})();
