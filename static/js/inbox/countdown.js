// Reply windows run down before one's eyes. Where one turns (under two hours, closed) the server draws it anew: what
// may be written changes with it.

const TICK_MS = 10_000;
const SOON_MS = 2 * 3_600_000;
const words = document.getElementById("window-words").dataset;
const ahead = Date.parse(words.now) - Date.now(); // of this device's clock

const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_whole, name) => values[name]);

function left(ms) {
  const minutes = Math.max(Math.floor(ms / 60_000), 1);
  const values = { hours: Math.floor(minutes / 60), minutes: minutes % 60 };
  return fill(values.hours ? words.hours : words.minutes, values);
}

function tick() {
  const turned = new Set();
  for (const shown of document.querySelectorAll("[data-closes]")) {
    const ms = Date.parse(shown.dataset.closes) - Date.now() - ahead;
    const state = ms <= 0 ? "closed" : ms < SOON_MS ? "soon" : "open";
    if (state !== "closed") shown.querySelector("[data-left]").textContent = left(ms);
    if (state !== shown.dataset.window) turned.add(shown.closest("[data-live]") ?? document.getElementById("thread"));
  }
  for (const part of turned) part?.dispatchEvent(new CustomEvent("live"));
}

setInterval(tick, TICK_MS);
document.addEventListener("visibilitychange", () => document.hidden || tick());
