// The inbox by keyboard: down and up the list, open, answer, search, back. The dialog `keys` tells them all.

const TYPED_IN = "input, textarea, select, [contenteditable]";
const rows = () => [...document.querySelectorAll(".inbox-row")];
const handleOf = (row) => row?.querySelector("[data-select]") ?? row?.querySelector(".inbox-row-link");
const open = () => document.querySelector("#conversation[data-number]");

/** The row that has the focus, else the one that is open. */
function current() {
  return document.activeElement.closest(".inbox-row") ?? document.getElementById(`row-${open()?.dataset.number}`);
}

function go(step) {
  const all = rows();
  const at = all.indexOf(current());
  const row = all[at < 0 ? 0 : Math.min(Math.max(at + step, 0), all.length - 1)];
  handleOf(row)?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

/** One step back: from the box to the thread, from the thread to the list; on a phone to the list's page. */
function back() {
  if (document.activeElement.matches("#reply textarea")) return document.querySelector("[data-scroll]").focus();
  const away = document.querySelector("#head a[href]");
  if (open() && away?.checkVisibility()) return away.click();
  return handleOf(current() ?? rows()[0])?.focus();
}

const KEYS = {
  j: () => go(1),
  k: () => go(-1),
  r: () => document.querySelector("#reply textarea")?.focus(),
  "/": () => document.querySelector(".inbox-list [type=search]")?.focus(),
  "?": () => document.getElementById("keys").showModal(),
};
const IN_LIST = { ArrowDown: () => go(1), ArrowUp: () => go(-1) };

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (document.querySelector("dialog[open], :popover-open, details.popup[open]")) return;
  const typing = event.target.matches(TYPED_IN) && event.target.type !== "checkbox";
  const inList = event.target === document.body || event.target.closest(".inbox-rows");
  const act = event.key === "Escape" ? back : !typing && (KEYS[event.key] ?? (inList && IN_LIST[event.key]));
  if (!act) return;
  event.preventDefault();
  act();
});
