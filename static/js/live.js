// Live parts: an element with data-live="inbox" gets the event `live` when the server hints that the topic changed,
// and fetches itself anew (hx-trigger="live"). Hints may be lost, so it also asks every minute, and every few seconds
// while there is no connection. A hidden page asks nothing and keeps no connection: a browser has six to one address
// (HTTP/1.1), and with as many pages open the seventh would never come. What happens between asking for a part and
// listening is told at once: the address says how long ago it was asked for.

const CONNECTED_MS = 60_000;
const ALONE_MS = 10_000;
const CALM_MS = 400; // hints that come together count once
const REST_MS = 1_000; // a part asks no oftener, or as its data-rest says; the last hint is never lost
const RETRY_MS = 30_000;
const SLACK_MS = 2_500; // the server allows for a little more (broadcaster/hints.py)

let source = null;
let connected = false;
let topics = "";
const due = new Map();
const woken = new WeakMap();
const begun = new WeakMap(); // request -> when it was made

const parts = () => [...document.querySelectorAll("[data-live]")];

function wake(element) {
  if (document.hidden || due.has(element)) return;
  const rested = (woken.get(element) ?? -Infinity) + Number(element.dataset.rest ?? REST_MS);
  const ring = () => {
    due.delete(element);
    if (!element.isConnected) return;
    woken.set(element, performance.now());
    element.dispatchEvent(new CustomEvent("live"));
  };
  due.set(element, setTimeout(ring, Math.max(CALM_MS, rested - performance.now())));
}

/** `since`: when the oldest of what is shown was asked for. */
function connect(since) {
  const wanted = document.hidden ? "" : [...new Set(parts().map((part) => part.dataset.live))].sort().join(",");
  if (wanted === topics) return;
  topics = wanted;
  source?.close();
  connected = false;
  if (!wanted || !window.EventSource) return;
  source = new EventSource(`/events/${wanted}?age=${Math.ceil(performance.now() - since)}`);
  const tried = performance.now();
  source.onopen = () => {
    connected = true;
    if (performance.now() - tried > SLACK_MS) parts().forEach(wake); // the age was no longer true, or it came back
  };
  source.onmessage = ({ data }) => {
    const { topic } = JSON.parse(data); // none: hints may have been missed
    for (const part of parts()) if (!topic || part.dataset.live === topic) wake(part);
  };
  source.onerror = () => {
    connected = false;
    if (source.readyState === EventSource.CLOSED) setTimeout(again, RETRY_MS);
  };
}

function again() {
  topics = "";
  connect(performance.now() - ALONE_MS); // every few seconds it has asked
}

let asked = performance.now();
setInterval(() => {
  if (performance.now() - asked < (connected ? CONNECTED_MS : ALONE_MS)) return;
  asked = performance.now();
  parts().forEach(wake);
}, 1000);

document.addEventListener("visibilitychange", () => {
  connect(performance.now());
  parts().forEach(wake);
});
document.addEventListener("htmx:beforeRequest", ({ detail }) => begun.set(detail.xhr, performance.now()));
document.addEventListener("htmx:afterSettle", ({ detail }) => connect(begun.get(detail.xhr) ?? performance.now()));
connect(performance.getEntriesByType("navigation")[0]?.requestStart ?? 0);
