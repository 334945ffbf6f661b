// The template builder: formatting and variables go where the caret is, characters are counted, nothing typed is lost.
// What is right and wrong the server says with every save; this only helps to write.

const RETRY_MS = 4000;
const form = document.getElementById("builder");

const field = (name) => form.elements.namedItem(name);

/** Write as typing would: undo works, listeners hear it. */
function type(area, text, back = 0) {
  area.focus();
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  const caret = area.selectionEnd - back;
  area.setSelectionRange(caret, caret);
  area.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

function wrap(area, mark) {
  const chosen = area.value.slice(area.selectionStart, area.selectionEnd);
  type(area, `${mark}${chosen}${mark}`, chosen ? 0 : mark.length);
}

/** The next free name of a variable: a number where the template counts them. */
function nextVariable() {
  const used = [...`${field("header_text").value} ${field("body").value}`.matchAll(/\{\{\s*([^{}]*?)\s*\}\}/g)].map((found) => found[1]);
  if (used.some((name) => /^\d+$/.test(name))) return String(Math.max(...used.filter((name) => /^\d+$/.test(name))) + 1);
  let number = 1;
  while (used.includes(`value_${number}`)) number += 1;
  return `value_${number}`;
}

form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-wrap], [data-variable], [data-insert]");
  if (!button) return;
  const { wrap: mark, variable, insert } = button.dataset;
  button.closest("details")?.removeAttribute("open");
  if (mark) wrap(field("body"), mark);
  else type(field(insert ?? "body"), `{{${variable ?? nextVariable()}}}`);
});

// Enter in a line of text is no wish to submit.
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("input:not([type=radio])")) event.preventDefault();
});

function count(area) {
  const place = form.querySelector(`[data-count="${area.name}"]`);
  if (!place) return;
  const used = [...area.value].length;
  place.textContent = `${used} / ${area.dataset.most}`;
  place.classList.toggle("text-error", used > Number(area.dataset.most));
}

form.querySelectorAll("[data-most]").forEach(count);
form.addEventListener("input", (event) => {
  if (event.target.matches("[data-most]")) count(event.target);
});

// --- Saving ---
let changes = 0;
let sent = 0;
let submitted = false; // what stands in the form goes with it: a save on top would find the template no draft any more
form.addEventListener("input", () => (changes += 1));
form.addEventListener("change", () => (changes += 1));
form.addEventListener("submit", () => {
  submitted = true;
  changes = sent = 0;
  window.htmx.trigger(form, "htmx:abort");
});
addEventListener("pageshow", () => (submitted = false));
form.addEventListener("htmx:beforeRequest", (event) => {
  if (submitted) event.preventDefault();
});
form.addEventListener("htmx:configRequest", () => (sent = changes));
form.addEventListener("htmx:sendError", (event) => event.stopPropagation()); // said beside the title instead
form.addEventListener("htmx:afterRequest", ({ detail }) => {
  show(detail.successful);
  if (detail.successful && sent === changes) changes = sent = 0;
  if (!detail.successful) setTimeout(() => form.dispatchEvent(new CustomEvent("builder:again")), RETRY_MS);
});

function show(saved) {
  const status = document.getElementById("saved");
  status.querySelector("[data-unsaved]").hidden = saved;
  status.querySelector("[data-saved]").hidden = !saved;
}

addEventListener("pagehide", () => {
  if (changes > sent) navigator.sendBeacon(form.getAttribute("hx-post"), new FormData(form));
});
