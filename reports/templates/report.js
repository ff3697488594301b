"use strict";
(() => {
  const form = document.querySelector("form.filters");
  const rows = [...document.querySelectorAll("details.row")];
  const chapters = [...document.querySelectorAll("section.chapter")];
  const shown = document.getElementById("shown");
  const search = form.elements.namedItem("text");
  const texts = new Map(); // filled at the first search: most readers never search

  const text = (row) => {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  };
  const chosen = (name) => new Set([...form.querySelectorAll(`input[name=${name}]:checked`)].map((box) => box.value));

  const filter = () => {
    const [verdicts, classes, levels] = ["verdict", "class", "level"].map(chosen);
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const { verdict, kind, level } = row.dataset;
      const fits = verdicts.has(verdict) && classes.has(kind) && levels.has(level);
      row.hidden = !(fits && words.every((word) => text(row).includes(word)));
      count += row.hidden ? 0 : 1;
    }
    for (const chapter of chapters) chapter.hidden = !chapter.querySelector("details.row:not([hidden])");
    shown.textContent = `${count} of ${rows.length} requirements shown`;
  };

  const openTarget = () => {
    const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!row || !row.matches("details.row")) return;
    if (row.hidden) {
      form.reset();
      filter();
    }
    row.open = true;
    row.scrollIntoView();
    row.querySelector("summary").focus({ preventScroll: true });
  };

  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  form.querySelector("#open").addEventListener("click", () => rows.forEach((row) => (row.open = !row.hidden)));
  form.querySelector("#close").addEventListener("click", () => rows.forEach((row) => (row.open = false)));
  addEventListener("hashchange", openTarget);
  addEventListener("keydown", (event) => {
    const writes = event.target instanceof HTMLElement && event.target.matches("input[type=search]");
    if (event.key === "/" && !writes && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
    }
  });
  filter();
  openTarget();
})();
