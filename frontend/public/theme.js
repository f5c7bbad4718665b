// Before the first paint: the colours chosen last, or the system's.
(function () {
  var chosen = localStorage.getItem("gatepost-theme");
  var dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
