// Runs in the browser: draws the rows with Chart.js, which stands in the page before it.
const rows = JSON.parse(document.getElementById("rows").textContent);
const style = getComputedStyle(document.documentElement);
const colour = (name) => style.getPropertyValue(`--${name}`).trim();
const known = ["ours", "the limit", "the relay", "Apache", "TestingCluster"];
const colours = ["ours", "limit", "relay", "apache", "curator"].map(colour);
const otherColour = colour("other");

Chart.defaults.color = colour("text");
Chart.defaults.borderColor = colour("line");
Chart.defaults.font.family = style.getPropertyValue("font-family");
Chart.defaults.animation = false;

const isRate = ({ unit }) => unit.endsWith("/s");
const besideOf = (row, name) =>
  name === "ours" ? row : row.beside?.find((one) => one.name === name);

/** The servers that any of the rows has, ours first. */
function namesIn(shown) {
  const all = new Set(["ours"]);
  for (const { beside = [] } of shown) for (const { name } of beside) all.add(name);
  return [...all];
}

function chart({ title, words, shown, value, unit, type = "logarithmic" }) {
  if (shown.length === 0) return;
  const section = document.createElement("section");
  section.innerHTML = `<h2></h2><p></p><div class="canvas"><canvas></canvas></div>`;
  section.querySelector("h2").textContent = title;
  section.querySelector("p").textContent = words;
  document.getElementById("charts").append(section);
  const names = namesIn(shown).filter((name) => shown.some((row) => value(row, name) > 0));
  section.querySelector(".canvas").style.height =
    `${90 + shown.length * (8 + 14 * names.length)}px`;
  new Chart(section.querySelector("canvas"), {
    type: "bar",
    data: {
      labels: shown.map(({ name }) => name),
      datasets: names.map((name) => ({
        label: name,
        data: shown.map((row) => value(row, name) ?? null),
        backgroundColor: colours[known.indexOf(name)] ?? otherColour,
        barPercentage: 0.9,
        categoryPercentage: 0.8,
      })),
    },
    options: {
      indexAxis: "y",
      maintainAspectRatio: false,
      plugins: {
        legend: { position: "top", align: "start" },
        tooltip: {
          callbacks: { label: (item) => `${item.dataset.label}: ${number(item.raw)} ${unit}` },
        },
      },
      scales: {
        x: {
          type,
          ...(type === "logarithmic" && { min: decadeBelow(shown, names, value) }),
          title: { display: true, text: unit },
          ticks: {
            maxRotation: 0,
            callback: (tick) => (isRound(tick) || type === "linear" ? number(tick) : ""),
          },
        },
        y: { ticks: { autoSkip: false }, grid: { display: false } },
      },
    },
  });
}

/** So that the shortest bar can be seen. */
function decadeBelow(shown, names, value) {
  const all = shown
    .flatMap((row) => names.map((name) => value(row, name)))
    .filter((figure) => figure > 0);
  return 10 ** Math.floor(Math.log10(Math.min(...all)) - 0.3);
}

/** Of a logarithmic axis, the powers of ten. */
const isRound = (tick) => tick > 0 && Number.isInteger(Math.log10(tick));
const number = (value) =>
  Number(value.toPrecision(3)).toLocaleString("en-US", { maximumFractionDigits: 6 });

const isOwnGrowth = ({ beside = [] }) => beside.some(({ name }) => name === "the small one");
chart({
  title: "Requests per second",
  words:
    "Longer is better; the axis is logarithmic. The limit is a bare Node TCP server that answers frames of the same size and does nothing else.",
  shown: rows.filter((row) => isRate(row) && !isOwnGrowth(row)),
  value: (row, name) => besideOf(row, name)?.median,
  unit: "per second",
});
chart({
  title: "Share of the limit",
  words:
    "What parsing, checking, agreeing and applying leave of the limit's figure of the same rounds.",
  shown: rows.filter((row) => isRate(row) && besideOf(row, "the limit")),
  value: (row, name) => (name === "ours" ? besideOf(row, "the limit").ratio : undefined),
  unit: "of the limit",
  type: "linear",
});
chart({
  title: "Times",
  words: "Shorter is better; the axis is logarithmic.",
  shown: rows.filter((row) => row.unit === "ms" && !row.name.includes(": ")),
  value: (row, name) => besideOf(row, name)?.median,
  unit: "ms",
});
chart({
  title: "The slowest one in a hundred",
  words:
    "p99 of every single request, ms; shorter is better. With many in flight it is the time in the queue.",
  shown: rows.filter((row) => row.percentiles),
  value: (row, name) => besideOf(row, name)?.percentiles?.p99,
  unit: "ms",
});
chart({
  title: "As an ensemble grows",
  words: "Throughput beside a small ensemble's: 1 is flat, the target is 0.7.",
  shown: rows.filter(isOwnGrowth),
  value: (row, name) => (name === "ours" ? row.beside[0].ratio : undefined),
  unit: "of the small one",
  type: "linear",
});
chart({
  title: "Longest pause of the event loop",
  words: "While ours was measured, waiting for a processor left out; the target is 50 ms.",
  shown: rows.filter((row) => row.pauseMs > 0),
  value: (row, name) => (name === "ours" ? row.pauseMs : undefined),
  unit: "ms",
  type: "linear",
});
