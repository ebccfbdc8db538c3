"use strict";
// The list of complaints: filtered, sorted, and drawn only where it is looked at. Nothing from the data becomes markup:
// it enters the page as text alone.

const data = JSON.parse(document.getElementById("data").textContent);
const [NUMBER, NAME, ORGANISATION, CATEGORY, SUBCATEGORY, TEXT, P, OUTCOME, DECIDED, GROUNDS, WARNINGS, REASONS] =
  Array(12).keys();
const OUTCOMES = { upheld: "upheld", closed_after_initial_enquiries: "closed", not_upheld: "not upheld" };
const SPARE = 6; // rows drawn above and below what is in sight

const byId = (id) => document.getElementById(id);
const grid = byId("grid"), detail = byId("detail"), about = byId("about"), filters = byId("filters");
const wide = matchMedia("(min-width: 60rem)");
const columns = [
  { title: "Complaint", key: (row) => row[NUMBER], first: 1 },
  { title: "Outcome", key: (row) => `${1 - row[DECIDED]}${data.outcomes[row[OUTCOME]]}${row[CATEGORY]}`, first: 1 },
  { title: "Probability", key: (row) => row[P], first: -1 },
];
let shown = data.rows, sorting = { column: 0, way: 1 }, chosen = -1, haystacks = null, drawn = "";

function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "className" || name === "textContent" || name.startsWith("on")) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function drawing(viewBox, ...shapes) {
  const name = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(name, "svg");
  const attributes = { viewBox, preserveAspectRatio: "none", "aria-hidden": "true" };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, value);
  for (const [tag, values] of shapes) {
    const shape = document.createElementNS(name, tag);
    for (const [key, value] of Object.entries(values)) shape.setAttribute(key, value);
    svg.append(shape);
  }
  return svg;
}

const outcomeOf = (row) => OUTCOMES[data.outcomes[row[OUTCOME]]];
const statusOf = (row) => (row[DECIDED] ? data.outcomes[row[OUTCOME]] : "undecided");
const nameOf = (row) => row[NAME] || `Row ${row[NUMBER]}`;
const titleOf = (code) => data.titles[data.grounds[code]];

// --- which rows, in which order ---

function choose() {
  const words = byId("words").value.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length && !haystacks) {
    haystacks = new Map(data.rows.map((row) => [row, row.slice(NAME, TEXT + 1).join("\n").toLowerCase()]));
  }
  const category = byId("category").value, outcome = byId("outcome").value, warning = byId("warning").value;
  const decided = byId("decided").checked;
  shown = data.rows.filter((row) =>
    (!category || row[CATEGORY] === category.slice(1)) &&
    (!outcome || row[OUTCOME] === Number(outcome)) &&
    (!decided || row[DECIDED]) &&
    (!warning || (warning === "some" ? row[WARNINGS].length > 0 : row[WARNINGS].includes(Number(warning)))) &&
    words.every((word) => haystacks.get(row).includes(word)));
  const { column, way } = sorting, key = columns[column].key;
  const keyed = shown.map((row) => [key(row), row]);
  keyed.sort(([a, one], [b, other]) => (a < b ? -way : a > b ? way : one[NUMBER] - other[NUMBER]));
  shown = keyed.map(([, row]) => row);
  byId("count").textContent = `${shown.length.toLocaleString("en-GB")} of ${data.rows.length.toLocaleString("en-GB")} complaints`;
  grid.setAttribute("aria-rowcount", shown.length + 1);
  rows.style.height = shown.length ? `${shown.length * rowHeight()}px` : "auto";
  grid.scrollTop = 0;
  select(shown.length ? 0 : -1);
}

function sortBy(column) {
  const way = sorting.column === column ? -sorting.way : columns[column].first;
  sorting = { column, way };
  heads.querySelectorAll("[role=columnheader]").forEach((head, place) =>
    head.setAttribute("aria-sort", place !== column ? "none" : way > 0 ? "ascending" : "descending"));
  choose();
}

// --- the rows in sight ---

const heads = make("div", { role: "row", className: "heads", "aria-rowindex": 1 },
  ...columns.map(({ title }, place) =>
    make("div", { role: "columnheader", "aria-sort": place ? "none" : "ascending" },
      make("button", { type: "button", textContent: title, onclick: () => sortBy(place) }))));
const rows = make("div", { role: "rowgroup", className: "rows" });
grid.append(make("div", { role: "rowgroup" }, heads), rows);

const rowHeight = () => parseFloat(getComputedStyle(document.documentElement).fontSize) *
  (matchMedia("(max-width: 40rem)").matches ? 7.25 : 4.75);

function draw() {
  const tall = rowHeight();
  const first = Math.max(0, Math.floor(grid.scrollTop / tall) - SPARE);
  const last = Math.min(shown.length, Math.ceil((grid.scrollTop + grid.clientHeight) / tall) + SPARE);
  rows.replaceChildren(...Array.from({ length: last - first }, (_, place) => rowElement(first + place, tall)));
  if (!shown.length) {
    rows.append(make("div", { role: "row" },
      make("div", { role: "gridcell", className: "none", textContent: "No complaint is like that." })));
  }
  const active = chosen >= first && chosen < last;
  if (active) grid.setAttribute("aria-activedescendant", `row-${chosen}`);
  else grid.removeAttribute("aria-activedescendant");
}

function rowElement(place, tall) {
  const row = shown[place], ground = row[GROUNDS][0];
  const heading = [nameOf(row), row[CATEGORY], row[ORGANISATION], row[WARNINGS].length ? "warning" : ""];
  const state = make("div", { role: "gridcell", className: "state" },
    make("span", {}, make("span", { className: `key ${statusOf(row)}` }), row[DECIDED] ? outcomeOf(row) : "undecided"),
    make("small", { textContent: ground ? titleOf(ground[0]) : "" }));
  const bar = drawing("0 0 100 10", ["rect", { class: "track", width: 100, height: 10 }],
    ["rect", { class: statusOf(row), width: 100 * row[P], height: 10 }]);
  bar.setAttribute("class", "bar");
  const element = make("div", {
    role: "row", className: "row", id: `row-${place}`, "aria-rowindex": place + 2, "aria-selected": place === chosen,
    onclick: () => { select(place); open(); },
  },
    make("div", { role: "gridcell" },
      make("div", { className: "heading", textContent: heading.filter(Boolean).join(" · ") }),
      make("div", { className: "text", textContent: row[TEXT].slice(0, 400) })),
    state,
    make("div", { role: "gridcell", className: "p" }, row[P].toFixed(2), bar));
  element.style.top = `${place * tall}px`;
  return element;
}

function select(place) {
  chosen = place;
  draw();
  about.replaceChildren(...(place < 0 ? [] : detailOf(shown[place])));
  about.scrollTop = 0;
}

function reveal() {
  const tall = rowHeight(), top = chosen * tall, head = heads.offsetHeight;
  if (top < grid.scrollTop) grid.scrollTop = top;
  else if (top + tall + head > grid.scrollTop + grid.clientHeight) grid.scrollTop = top + tall + head - grid.clientHeight;
}

// --- one complaint ---

function open() {
  if (!wide.matches && chosen >= 0 && !detail.open) detail.showModal();
}

function settle() {
  // Beside the list the dialog always stands open; over it, only when asked for.
  if (detail.open) detail.close();
  if (wide.matches) detail.setAttribute("open", "");
}

function detailOf(row) {
  const origin = [row[ORGANISATION], [row[CATEGORY], row[SUBCATEGORY]].filter(Boolean).join(" › "), `row ${row[NUMBER]}`];
  const likely = `${row[P].toFixed(2)} probability of upheld`;
  const verdict = row[DECIDED] ? `Likely ${outcomeOf(row)}: ${likely}.`
    : `Undecided, more likely ${outcomeOf(row)}: ${likely}.`;
  const parts = [
    make("button", { type: "button", className: "close", textContent: "Back to the list", onclick: () => detail.close() }),
    make("h3", { id: "detail-name", textContent: nameOf(row) }),
    make("small", { textContent: origin.filter(Boolean).join(" · ") }),
    make("p", { className: "verdict", textContent: verdict }),
  ];
  if (row[WARNINGS].length) {
    parts.push(make("ul", { className: "flags" }, ...row[WARNINGS].map((warning) =>
      make("li", { textContent: data.notes[data.warnings[warning]] || data.warnings[warning] }))));
  }
  parts.push(make("div", { className: "text" }, ...highlighted(row[TEXT], row[REASONS])));
  if (row[GROUNDS].length) {
    parts.push(make("h4", { textContent: "Grounds, if that is the outcome" }),
      make("table", {}, make("tbody", {}, ...row[GROUNDS].map(([code, p]) => make("tr", {},
        make("th", { scope: "row", textContent: titleOf(code) }), make("td", { className: "n", textContent: p.toFixed(2) }))))));
  }
  if (row[REASONS].length) parts.push(...reasonsOf(row[REASONS]));
  return parts;
}

function reasonsOf(reasons) {
  const most = Math.max(...reasons.map(([, contribution]) => Math.abs(contribution)), 1e-9);
  const line = ([name, contribution, ground]) => {
    const long = 50 * Math.abs(contribution) / most;
    return make("tr", {},
      make("th", { scope: "row" }, data.reasons[name],
        make("small", { textContent: ground < 0 ? "" : ` · ${titleOf(ground)}` })),
      make("td", { className: "n", textContent: (contribution > 0 ? "+" : "−") + Math.abs(contribution).toFixed(2) }),
      make("td", {}, drawing("0 0 100 10",
        ["rect", { class: contribution > 0 ? "up" : "down", x: contribution > 0 ? 50 : 50 - long, width: long, height: 10 }],
        ["line", { x1: 50, x2: 50, y1: 0, y2: 10 }])));
  };
  return [
    make("h4", { textContent: "Reasons: what adds to the log-odds of upheld" }),
    make("p", { className: "quiet" }, "In the text: ", make("mark", { className: "upheld", textContent: "towards upheld" }), ", ",
      make("mark", { className: "closed", textContent: "towards closed" }),
      ". They say how the model came to its figure, not what is right."),
    make("table", { className: "reasons" }, make("tbody", {}, ...reasons.map(line))),
  ];
}

function highlighted(text, reasons) {
  const sign = new Int8Array(text.length);
  for (const [, contribution, , words] of reasons) { // the strongest first: what it marks stays its own
    for (const phrase of words) {
      for (const match of text.matchAll(pattern(phrase))) {
        for (let at = match.index; at < match.index + match[0].length; at++) sign[at] ||= Math.sign(contribution);
      }
    }
  }
  const pieces = [];
  for (let from = 0, to = 0; from < text.length; from = to) {
    while (to < text.length && sign[to] === sign[from]) to++;
    const piece = text.slice(from, to);
    pieces.push(sign[from] ? make("mark", { className: sign[from] > 0 ? "upheld" : "closed", textContent: piece }) : piece);
  }
  return pieces;
}

// A reason's words are in lower case and without grammar words: up to four others may stand between two of them.
function pattern(phrase) {
  const words = phrase.split(" ").map((word) =>
    word === "£" ? "£\\s?[\\d,.]*\\d"
      : word === "not" ? "(?:(?<![\\p{L}\\p{N}])(?:not|cannot)|n['’]t)"
        : `(?<![\\p{L}\\p{N}])${word.replace(/[^\p{L}\p{N}]/gu, (sign) => `\\u{${sign.codePointAt(0).toString(16)}}`)}`);
  return new RegExp(words.join("(?:[^\\p{L}\\p{N}]+[\\p{L}\\p{N}]+){0,4}?[^\\p{L}\\p{N}]*") + "(?![\\p{L}\\p{N}])", "giu");
}

// --- what the reader does ---

function fill(id, entries) {
  byId(id).append(...entries.map(([value, title]) => make("option", { value, textContent: title })));
}

const places = (names) => names.map((name, place) => [place, name]);
fill("category", [...new Set(data.rows.map((row) => row[CATEGORY]))].sort().map((name) => [`=${name}`, name || "none given"]));
fill("outcome", places(data.outcomes).map(([place, name]) => [place, `more likely ${OUTCOMES[name]}`]));
fill("warning", [["some", "any warning"], ...places(data.warnings).map(([place, name]) => [place, data.notes[name] || name])]);

let waiting;
filters.addEventListener("input", (event) => {
  clearTimeout(waiting);
  waiting = setTimeout(choose, event.target.id === "words" ? 150 : 0);
});
filters.addEventListener("submit", (event) => event.preventDefault());
grid.addEventListener("scroll", () => requestAnimationFrame(draw));
grid.addEventListener("keydown", (event) => {
  if (event.target !== grid || !shown.length) return;
  const page = Math.max(1, Math.floor((grid.clientHeight - heads.offsetHeight) / rowHeight()) - 1);
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
  if (event.key in steps) {
    select(Math.min(shown.length - 1, Math.max(0, chosen + steps[event.key])));
    reveal();
  } else if (event.key === "Enter") open();
  else return;
  event.preventDefault();
});
detail.addEventListener("close", () => grid.focus({ preventScroll: true }));
wide.addEventListener("change", settle);
addEventListener("resize", () => {
  rows.style.height = shown.length ? `${shown.length * rowHeight()}px` : "auto";
  draw();
});
settle();
choose();
