"use strict";
// Plots, sortable tables, the CSV file and the light/dark switch. All else works without it.
(() => {
  const root = document.documentElement;
  const darkByDefault = window.matchMedia("(prefers-color-scheme: dark)");
  const CONFIG = {
    displaylogo: false,
    showSendToCloud: false,
    responsive: true,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
  };
  // Half of an A4 or Letter page, landscape: its size is not known before it is laid out.
  const PRINTED = { width: 465, height: 255, autosize: false };
  const drawn = new Set();

  // Colours are read from the style sheet, so that light and dark stand in one place.
  const ink = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  function themed() {
    const axis = { gridcolor: ink("--grid"), linecolor: ink("--line"), zerolinecolor: ink("--line") };
    return {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: ink("--sans"), size: root.dataset.printing ? 10 : 12, color: ink("--soft") },
      hoverlabel: { bgcolor: ink("--panel"), bordercolor: ink("--line"), font: { color: ink("--ink") } },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: ink("--faint"), activecolor: ink("--ink") },
      axis,
    };
  }

  // Returns the layout properties that change with the theme, as dotted keys for relayout.
  function themeUpdate() {
    const { axis, ...rest } = themed();
    const update = { ...rest };
    for (const name of ["xaxis", "yaxis"]) {
      for (const [key, value] of Object.entries(axis)) update[`${name}.${key}`] = value;
    }
    return update;
  }

  function draw(element) {
    if (drawn.has(element)) return;
    drawn.add(element);
    const figure = JSON.parse(document.getElementById(`${element.id}-figure`).textContent);
    const { axis, ...rest } = themed();
    const layout = { ...rest, ...figure.layout };
    layout.xaxis = { ...axis, ...layout.xaxis };
    layout.yaxis = { ...axis, ...layout.yaxis };
    Plotly.newPlot(element, figure.data, layout, CONFIG).then(() => {
      element.dataset.drawn = "true";
    });
  }

  // Plots are drawn when they come near, so that a page of two hundred trials opens at once.
  const plots = [...document.querySelectorAll(".plot")];
  const nearby = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        nearby.unobserve(entry.target);
        draw(entry.target);
      }
    },
    { rootMargin: "600px" },
  );
  plots.forEach((plot) => nearby.observe(plot));

  // What is folded away has no width to be drawn in, and is not printed.
  const unfolded = () => plots.filter((plot) => !plot.closest("details:not([open])"));

  window.addEventListener("beforeprint", () => {
    unfolded().forEach(draw);
    root.dataset.printing = "true";
    for (const plot of unfolded()) Plotly.relayout(plot, { ...themeUpdate(), ...PRINTED });
  });
  window.addEventListener("afterprint", () => {
    delete root.dataset.printing;
    const onScreen = { width: null, height: null, autosize: true };
    for (const plot of unfolded()) Plotly.relayout(plot, { ...themeUpdate(), ...onScreen });
  });

  const button = document.getElementById("theme");

  function stored() {
    try {
      return localStorage.getItem("jetbench-theme");
    } catch {
      return null; // a page from a file may be refused storage; the system's choice stands then
    }
  }

  function remember(theme) {
    try {
      localStorage.setItem("jetbench-theme", theme);
    } catch {
      // as above
    }
  }

  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : darkByDefault.matches);

  function show() {
    button.textContent = isDark() ? "☀ Light" : "☾ Dark";
    button.setAttribute("aria-label", isDark() ? "Switch to light colours" : "Switch to dark colours");
    drawn.forEach((plot) => Plotly.relayout(plot, themeUpdate()));
  }

  if (stored() === "dark" || stored() === "light") root.dataset.theme = stored();
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    remember(root.dataset.theme);
    show();
  });
  darkByDefault.addEventListener("change", show);
  show();

  function compare(first, second) {
    const [a, b] = [Number(first), Number(second)];
    return Number.isNaN(a) || Number.isNaN(b) ? first.localeCompare(second) : a - b;
  }

  // Ascending first, then descending; entries without an order (n/a) stay last either way.
  function sort(table, heading, column) {
    const descending = heading.getAttribute("aria-sort") === "ascending";
    table.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const key = (row) => (column ? row.cells[column].dataset.order : row.cells[0].textContent);
    const rows = [...table.tBodies[0].rows];
    rows.sort((first, second) => {
      const [a, b] = [key(first), key(second)];
      if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
      return descending ? compare(b, a) : compare(a, b);
    });
    table.tBodies[0].append(...rows);
  }

  function quoted(value) {
    const text = value === null ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }

  // The same rows as `jetbench export`: one for each value of each trial.
  function csv({ head, metrics, trials }) {
    const rows = trials.flatMap((trial) => {
      const [place, values] = [trial.slice(0, -1), trial[trial.length - 1]];
      return metrics.map(([metric, unit], index) => [...place, metric, values[index], unit]);
    });
    return [head, ...rows].map((row) => row.map(quoted).join(",") + "\n").join("");
  }

  document.querySelectorAll("button[data-source]").forEach((control) => {
    control.hidden = false;
    control.addEventListener("click", () => {
      const content = csv(JSON.parse(document.getElementById(control.dataset.source).textContent));
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([content], { type: "text/csv" }));
      link.download = control.dataset.name;
      link.click();
      URL.revokeObjectURL(link.href);
    });
  });

  document.querySelectorAll("table.sortable button.sort").forEach((control) => {
    control.addEventListener("click", () =>
      sort(control.closest("table"), control.closest("th"), Number(control.dataset.column)),
    );
  });
})();
