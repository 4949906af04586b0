"use strict";
// Steps through an interleaving. Without it the page shows every step that matters, all at once.
for (const timeline of document.querySelectorAll(".timeline")) {
  const rows = [...timeline.querySelectorAll("tbody tr")];
  const steps = timeline.querySelector("[role=group]");
  const now = timeline.querySelector(".now");
  const every = timeline.querySelector("input");
  let current = null;

  const shown = () => rows.filter((row) => timeline.classList.contains("every") || !row.classList.contains("minor"));

  const show = (row) => {
    current = row;
    const at = rows.indexOf(row);
    rows.forEach((each, index) => {
      each.classList.toggle("current", each === row);
      each.classList.toggle("ahead", row !== null && index > at);
      if (each === row) each.setAttribute("aria-current", "step");
      else each.removeAttribute("aria-current");
    });
    if (row === null) {
      now.textContent = "";
      return;
    }
    const visible = shown();
    const state = row.dataset.state ? ` (${row.dataset.state})` : "";
    now.textContent = `${visible.indexOf(row) + 1} of ${visible.length}: ${row.dataset.say}${state}`;
    row.scrollIntoView({ block: "nearest" });
  };

  const go = (where) => {
    const visible = shown();
    const at = visible.indexOf(current);
    const target = {
      first: 0,
      back: at < 0 ? 0 : Math.max(at - 1, 0),
      next: Math.min(at + 1, visible.length - 1),
      last: visible.length - 1,
    }[where];
    show(where === "all" ? null : visible[target] ?? null);
  };

  const keys = {
    ArrowDown: "next", ArrowRight: "next", ArrowUp: "back", ArrowLeft: "back", Home: "first", End: "last", Escape: "all",
  };
  steps.addEventListener("keydown", (event) => {
    if (!(event.key in keys) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    go(keys[event.key]);
  });
  timeline.addEventListener("click", (event) => {
    const button = event.target.closest("[data-go]");
    const row = event.target.closest("tbody tr");
    if (button) go(button.dataset.go);
    else if (row) show(row);
  });
  every?.addEventListener("change", () => {
    timeline.classList.toggle("every", every.checked);
    show(current !== null && shown().includes(current) ? current : null);
  });
}
