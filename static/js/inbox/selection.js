// Choosing chats or customers for a broadcast: single, ranges with Shift, the page, or all that match. The choice is kept while
// further pages are added and, until it is sent or cleared, when the same list is opened again in this tab.

const bar = document.getElementById("selection");
const key = `selection:${bar.dataset.key ?? bar.dataset.query}`;
const count = new Intl.NumberFormat(bar.dataset.locale);
const labels = new Map([...bar.querySelectorAll("data[data-kind]")].map((one) => [one.dataset.kind, one.textContent]));
const totals = [...bar.querySelectorAll("data[data-kind]")].map((one) => [one.dataset.kind, Number(one.value)]);

const chosen = new Map(JSON.parse(sessionStorage.getItem(key) ?? "[]")); // chat number -> kind of channel
let matching = false; // all that match, whether their rows are here or not
let last = null; // where a range begins

const copy = bar.querySelector("[data-copy-numbers]"); // where chats are chosen, not customers
const copyWords = copy?.querySelector("span").textContent;

const boxes = () => [...document.querySelectorAll("[data-select]")];
const fill = (text, number) => text.replace("{n}", count.format(number));

function choose(box, on) {
  const row = box.closest("[data-number]");
  if (on) chosen.set(row.dataset.number, row.dataset.channel);
  else chosen.delete(row.dataset.number);
}

function draw() {
  for (const box of boxes()) box.checked = matching || chosen.has(box.value);
  const size = matching ? Number(bar.dataset.total) : chosen.size;
  bar.querySelector("[data-count]").textContent = matching
    ? fill(bar.dataset.all, size)
    : size
      ? fill(bar.dataset.some, size)
      : bar.dataset.none;
  bar.querySelector("[data-channels]").textContent = byChannel()
    .map(([kind, number]) => `${labels.get(kind)} ${count.format(number)}`)
    .join(" · ");
  bar.querySelector("[data-clear]").hidden = !size;
  if (copy) {
    copy.hidden = chosen.size === 0;
    copy.querySelector("span").textContent = copyWords;
  }
  for (const button of bar.querySelectorAll("button[type=submit]")) button.disabled = !size;
  const picked = bar.querySelector("[data-picked]");
  const all = bar.querySelector("[data-matching]");
  picked.disabled = matching;
  all.disabled = !matching;
  picked.value = [...chosen.keys()].join(",");
  all.value = bar.dataset.query;
  drawPage();
  sessionStorage.setItem(key, JSON.stringify(matching ? [] : [...chosen]));
}

function drawPage() {
  const all = boxes();
  const here = document.querySelector("[data-select-page]");
  const checked = all.filter((box) => box.checked).length;
  here.checked = all.length > 0 && checked === all.length;
  here.indeterminate = checked > 0 && checked < all.length;
  const hint = document.querySelector("[data-page-count]");
  hint.textContent = fill(hint.dataset.pageCount, all.length);
}

function byChannel() {
  if (matching) return totals;
  const sums = new Map();
  for (const kind of chosen.values()) sums.set(kind, (sums.get(kind) ?? 0) + 1);
  return [...labels.keys()].filter((kind) => sums.has(kind)).map((kind) => [kind, sums.get(kind)]);
}

/** Taking one away from "all that match" leaves those that are on the page. */
function onlyThoseHere() {
  if (!matching) return;
  matching = false;
  chosen.clear();
  for (const box of boxes()) choose(box, true);
}

function toggle(box, on, range) {
  onlyThoseHere();
  const all = boxes();
  const from = range && last ? all.indexOf(all.find((one) => one.value === last)) : -1;
  const to = all.indexOf(box);
  const span = from < 0 ? [box] : all.slice(Math.min(from, to), Math.max(from, to) + 1);
  for (const one of span) choose(one, on);
  last = box.value;
  draw();
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-select-page]")) {
    const on = event.target.checked;
    matching = false;
    for (const box of boxes()) choose(box, on);
    if (!on) chosen.clear();
    return draw();
  }
  if (event.target.closest("[data-select-matching]")) {
    matching = true;
    chosen.clear();
    return draw();
  }
  if (event.target.closest("[data-clear]")) {
    matching = false;
    chosen.clear();
    return draw();
  }
  const row = event.target.closest(".inbox-row");
  if (!row) return;
  const box = row.querySelector("[data-select]");
  const on = event.target === box ? box.checked : !box.checked;
  if (event.target !== box) box.focus({ preventScroll: true });
  toggle(box, on, event.shiftKey);
});

// As a broadcast by chats takes them: "12, 15".
copy?.addEventListener("click", async () => {
  await navigator.clipboard.writeText([...chosen.keys()].join(", "));
  copy.querySelector("span").textContent = copy.dataset.copied;
});

// A template's customers are on several WhatsApp accounts: the prompt opens over the selection, and those of the account
// that is kept stay chosen.
const conflict = document.getElementById("conflict");
document.addEventListener("htmx:afterSwap", (event) => event.target.id === "faults" && conflict.showModal());
conflict?.addEventListener("click", (event) => {
  const kept = event.target.closest("[data-keep]");
  if (!kept) return;
  const there = new Set(kept.dataset.keep.split(","));
  for (const number of chosen.keys()) if (!there.has(number)) chosen.delete(number);
  conflict.close();
  draw();
  const said = document.querySelector("[data-kept]");
  said.textContent = kept.dataset.words;
  said.hidden = false;
});

bar.addEventListener("submit", () => setTimeout(() => sessionStorage.removeItem(key)));
document.addEventListener("htmx:afterSettle", draw);
window.addEventListener("pageshow", draw);

// What was ticked before this script was there counts too.
if (location.hash === "#all") matching = true; // as it was before one account of it was kept
const early = document.querySelector("[data-select-page]").checked;
for (const box of boxes()) if (early || box.checked) choose(box, true);
draw();
