"use strict";
// Plots in folds, drawn when they are opened, and sortable tables. All else works without it.
(() => {
  const PALETTE = ["#2f7ec0", "#d4602a", "#1d9a78", "#b067ab", "#b98a00", "#3aa3d1", "#8a6d5a", "#7d8590"];
  const DASHES = ["solid", "dash", "dot", "dashdot"];
  const AXIS_GREY = "rgba(128,136,148,0.75)";
  const SHADE = "rgba(128,136,148,0.14)";
  const PANEL_PX = 170;
  const GAP_PX = 26;
  const CONFIG = {
    displaylogo: false,
    displayModeBar: true,
    responsive: true,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
  };
  const root = document.documentElement;
  const ink = (name) => getComputedStyle(root).getPropertyValue(name).trim();

  // The library lies packed in the page, so that a report whose folds stay closed costs nothing.
  let loading = null;
  function library() {
    loading = loading || unpacked().then(run);
    return loading;
  }

  function unpacked() {
    const letters = atob(document.getElementById("library").textContent.trim());
    const bytes = new Uint8Array(letters.length);
    for (let place = 0; place < letters.length; place += 1) bytes[place] = letters.charCodeAt(place);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).arrayBuffer();
  }

  function run(source) {
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    return new Promise((done, failed) => {
      const script = document.createElement("script");
      script.onload = () => {
        URL.revokeObjectURL(address);
        done();
      };
      script.onerror = failed;
      script.src = address;
      document.head.append(script);
    });
  }

  const seconds = (length) => Array.from({ length }, (_, place) => place + 0.5);

  // One trace for each variant and panel: its trials one after the other, a gap between.
  function traces(data) {
    const found = new Map();
    const at = Object.fromEntries(data.columns.map((name, place) => [name, place]));
    for (const row of data.rows) {
      const [name, block, valid, panel] = ["name", "block", "valid", "panel"].map((c) => row[at[c]]);
      const key = [name, panel, valid].join();
      if (!found.has(key)) found.set(key, trace(data, name, panel, valid, block));
      const made = found.get(key);
      const factor = data.panels[panel][2];
      const ys = row[at.y].map((y) => (y === null ? null : y / factor));
      const xs = row[at.x] === null ? seconds(ys.length) : row[at.x];
      made.x.push(...xs, null);
      made.y.push(...ys, null);
      made.customdata.push(...ys.map(() => block), null);
    }
    return [...found.values()];
  }

  function trace(data, name, panel, valid, block) {
    const unit = data.panels[panel][1];
    const of = block ? (valid ? "block %{customdata}, " : "block %{customdata}, invalid, ") : "";
    const where = data.axis.ticks ? "" : "%{x:.0f} s: ";
    return {
      type: "scatter",
      mode: "lines",
      name: data.names[name],
      legendgroup: String(name),
      legendrank: name,
      showlegend: panel === 0 && valid === 1,
      xaxis: "x",
      yaxis: panel ? `y${panel + 1}` : "y",
      x: [],
      y: [],
      customdata: [],
      line: {
        color: PALETTE[name % PALETTE.length],
        dash: valid ? DASHES[Math.floor(name / PALETTE.length) % DASHES.length] : "dot",
        width: valid ? 1.3 : 1,
      },
      hovertemplate: `${of}${where}%{y:.3~s} ${unit}<extra>%{fullData.name}</extra>`,
    };
  }

  function layout(data, height) {
    const count = data.panels.length;
    const axis = { gridcolor: ink("--hair"), linecolor: ink("--line"), zeroline: false, automargin: true };
    const made = {
      height,
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: ink("--sans"), size: 12, color: ink("--soft") },
      hoverlabel: { bgcolor: ink("--panel"), bordercolor: ink("--line"), font: { color: ink("--ink") } },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: ink("--faint"), activecolor: ink("--ink") },
      margin: { l: 8, r: 12, t: 30, b: 8 },
      legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", maxheight: 0.2 },
      separators: data.separators,
      hovermode: "closest",
      xaxis: { ...axis, title: { text: data.axis.title, standoff: 8 }, anchor: count > 1 ? `y${count}` : "y" },
      shapes: [...phases(data.axis.phases || []), ...(data.axis.marks || []).map(marked)],
      annotations: (data.axis.marks || []).map(named),
    };
    if (data.axis.ticks) {
      made.xaxis.tickvals = data.axis.ticks.map(([at]) => at);
      made.xaxis.ticktext = data.axis.ticks.map(([, word]) => word);
    } else {
      made.xaxis.rangemode = "tozero";
    }
    const gap = count > 1 ? GAP_PX / height : 0;
    const share = (1 - gap * (count - 1)) / count;
    data.panels.forEach(([title, , , log], place) => {
      const top = 1 - place * (share + gap);
      made[place ? `yaxis${place + 1}` : "yaxis"] = {
        ...axis,
        title: { text: title, standoff: 8, font: { size: 11 } },
        domain: [Math.max(0, top - share), top],
        ...(log ? logarithmic(data, place) : { rangemode: "tozero", exponentformat: "none" }),
      };
    });
    return made;
  }

  // Plotly writes the 20 of a logarithmic axis as 2: its words are ours.
  function logarithmic(data, panel) {
    const [at, factor] = [data.columns.indexOf("panel"), data.panels[panel][2]];
    const ys = data.rows.filter((row) => row[at] === panel).flatMap((row) => row[data.columns.indexOf("y")]);
    const ends = ys.reduce(([a, b], y) => (y > 0 ? [Math.min(a, y), Math.max(b, y)] : [a, b]), [Infinity, 0]);
    if (!ends[1]) return { type: "log" };
    const first = Math.floor(Math.log10(ends[0] / factor));
    const last = Math.ceil(Math.log10(ends[1] / factor));
    const decades = Array.from({ length: Math.max(1, last - first + 1) }, (_, place) => first + place);
    const ticks = decades.flatMap((power) => [1, 2, 5].map((step) => Number(`${step}e${power}`)));
    return { type: "log", tickvals: ticks, ticktext: ticks.map(String) };
  }

  // Warm-up is shaded; the window ends at the second line.
  function phases([start, end]) {
    if (end === undefined) return [];
    const upright = { xref: "x", yref: "paper", y0: 0, y1: 1 };
    const line = { type: "line", ...upright, line: { color: AXIS_GREY, width: 1, dash: "dot" } };
    return [
      { type: "rect", ...upright, x0: 0, x1: start, fillcolor: SHADE, line: { width: 0 }, layer: "below" },
      { ...line, x0: start, x1: start },
      { ...line, x0: end, x1: end },
    ];
  }

  // What was done to the system: a line through all panels, with its word at the top.
  const marked = ([at]) => ({
    ...{ type: "line", xref: "x", yref: "paper", y0: 0, y1: 1, x0: at, x1: at },
    line: { color: ink("--worse"), width: 1.3 },
  });

  const named = ([at, words]) => ({
    ...{ x: at, xref: "x", y: 1, yref: "paper", text: words, textangle: -90, showarrow: false },
    ...{ xanchor: "left", yanchor: "top", font: { size: 10, color: ink("--worse") } },
  });

  async function draw(fold) {
    const place = fold.querySelector(".plot");
    const data = JSON.parse(fold.querySelector('script[type="application/json"]').textContent);
    const height = Math.max(360, data.panels.length * PANEL_PX);
    await library();
    place.hidden = false;
    fold.querySelector(".undrawn").hidden = true;
    place.before(wholeScreen(place, height));
    await Plotly.newPlot(place, traces(data), layout(data, height), CONFIG);
    place.dataset.drawn = "true";
  }

  function wholeScreen(place, height) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "whole";
    button.textContent = "⛶ Full screen";
    button.addEventListener("click", () => place.requestFullscreen());
    place.addEventListener("fullscreenchange", () => {
      const whole = document.fullscreenElement === place;
      const size = { height: window.innerHeight - 24, width: window.innerWidth - 24, autosize: false };
      Plotly.relayout(place, whole ? size : { height, width: null, autosize: true });
    });
    return button;
  }

  if (document.getElementById("library") && "DecompressionStream" in window) {
    const folds = document.querySelectorAll("details[data-plots]");
    folds.forEach((fold) => {
      fold.addEventListener("toggle", () => fold.open && draw(fold), { once: true });
    });
    foreseen(folds);
  }

  // Who reads up to a fold may open it next: the library takes a second, and is made ready meanwhile.
  function foreseen(folds) {
    const idle = window.requestIdleCallback || ((act) => setTimeout(act, 200));
    const watch = new IntersectionObserver((seen) => {
      if (!seen.some((each) => each.isIntersecting)) return;
      watch.disconnect();
      idle(() => library());
    });
    folds.forEach((fold) => watch.observe(fold));
  }

  function redrawn() {
    document.querySelectorAll(".plot[data-drawn]").forEach((place) => {
      const data = JSON.parse(place.closest("details").querySelector("script").textContent);
      Plotly.react(place, traces(data), layout(data, place.layout.height), CONFIG);
    });
  }
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawn);

  function compare(first, second) {
    const [a, b] = [Number(first), Number(second)];
    return Number.isNaN(a) || Number.isNaN(b) ? first.localeCompare(second) : a - b;
  }

  // Ascending first, then descending; entries without an order (n/a) stay last either way.
  function sort(table, heading, column) {
    const descending = heading.getAttribute("aria-sort") === "ascending";
    table.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const rows = [...table.tBodies[0].rows];
    rows.sort((first, second) => {
      const [a, b] = [first, second].map((row) => row.cells[column].dataset.order);
      if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
      return descending ? compare(b, a) : compare(a, b);
    });
    table.tBodies[0].append(...rows);
  }

  document.querySelectorAll("button.sort").forEach((control) => {
    control.addEventListener("click", () =>
      sort(control.closest("table"), control.closest("th"), Number(control.dataset.column)),
    );
  });
})();
