// The chart of a campaign's page: how many people were sent to, had it delivered, read it and answered, over time. Drawn
// anew when its figures were fetched again or the theme changed; reading a value is uPlot's own legend.

const CURVES = [
  ["sent", "--color-base-content", 0.55],
  ["delivered", "--color-info", 1],
  ["read", "--color-success", 1],
  ["replied", "--color-primary", 1],
];
const HEIGHT = 220;
const drawn = new WeakMap();

function colour(name, opacity) {
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return opacity === 1 ? value : `color-mix(in oklab, ${value} ${opacity * 100}%, transparent)`;
}

function draw(place) {
  const figures = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  drawn.get(place)?.destroy();
  place.replaceChildren();
  const language = document.documentElement.lang;
  const zone = place.dataset.zone;
  const span = figures.at.at(-1) - figures.at[0];
  const clock = new Intl.DateTimeFormat(language, {
    timeZone: zone,
    ...(span > 86_400 ? { month: "numeric", day: "numeric" } : {}),
    hour: "2-digit",
    minute: "2-digit",
    ...(span < 600 ? { second: "2-digit" } : {}),
    hourCycle: "h23",
  });
  const number = new Intl.NumberFormat(language);
  const text = colour("--color-base-content", 0.7);
  const line = { stroke: text, grid: { stroke: colour("--color-base-300", 1), width: 1 }, ticks: { show: false } };
  const options = {
    width: place.clientWidth,
    height: HEIGHT,
    cursor: { drag: { x: false, y: false }, points: { size: 6 } },
    scales: { y: { range: (_chart, _low, high) => [0, Math.max(1, high * 1.05)] } },
    axes: [
      { ...line, space: 90, values: (_chart, ticks) => ticks.map((tick) => clock.format(tick * 1000)) },
      { ...line, size: 56, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500].concat([1, 2, 5].flatMap((n) => [n * 1e3, n * 1e4, n * 1e5, n * 1e6])), values: (_chart, ticks) => ticks.map((tick) => number.format(tick)) },
    ],
    series: [
      { label: place.dataset.time, value: (_chart, at) => (at == null ? "–" : clock.format(at * 1000)) },
      ...CURVES.map(([name, token, opacity]) => ({
        label: place.dataset[name],
        stroke: colour(token, opacity),
        width: 2,
        points: { show: figures.at.length < 3 },
        value: (_chart, people) => (people == null ? "–" : number.format(people)),
      })),
    ],
  };
  drawn.set(place, new uPlot(options, [figures.at, ...CURVES.map(([name]) => figures[name])], place));
}

const places = () => document.querySelectorAll("[data-chart]");
const drawAll = () => places().forEach(draw);

document.addEventListener("htmx:afterSettle", ({ target }) => {
  if (target.id === "chart" || target.querySelector?.("[data-chart]")) drawAll();
});
new ResizeObserver(() => {
  for (const place of places()) drawn.get(place)?.setSize({ width: place.clientWidth, height: HEIGHT });
}).observe(document.body);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
drawAll();
