// The composer: cards on the left, a phone on the right, the draft and its preflight on the server.

import { Cards } from "./cards.js";
import { Draft } from "./draft.js";
import { EmojiPicker } from "./emoji.js";
import { Preview } from "./preview.js";

const APP = "(display-mode: standalone), (max-width: 767px) and (pointer: coarse)";

const form = document.getElementById("composer");
const setup = JSON.parse(document.getElementById("composer-setup").textContent);
const list = document.getElementById("parts");
const kept = Draft.kept(form);
if (kept) setup.parts = kept;

form.elements.client.value = matchMedia(APP).matches ? "app" : "web";
document.documentElement.dataset.client = form.elements.client.value;

const emoji = new EmojiPicker(document.getElementById("emoji"));
const cards = new Cards(list, setup, { emoji, token: form.elements.csrfmiddlewaretoken.value });
const preview = new Preview(document.getElementById("phone"), setup.channels, setup.words);
const draft = new Draft(form, () => cards.read());
const adders = [...document.querySelectorAll("[data-add]")];
const undo = document.getElementById("undo");

function refresh() {
  preview.draw(cards.shown());
  for (const button of adders) button.disabled = cards.full;
  document.getElementById("full").hidden = !cards.full;
  undo.hidden = !cards.canUndo;
}

for (const button of adders) button.addEventListener("click", () => cards.add({ kind: button.dataset.add }));
undo.addEventListener("click", () => cards.undo());
list.addEventListener("parts:changed", () => {
  refresh();
  draft.keep();
});

// A fix of the preflight says what becomes of people whose channel does not take every part.
form.addEventListener("click", (event) => {
  const fix = event.target.closest("[data-fix]");
  if (!fix) return;
  form.elements.on_unsupported.value = fix.dataset.fix;
  draft.keep();
});

// One click sends: further ones find the button busy, and the server sends a draft only once whatever arrives.
form.addEventListener("submit", (event) => {
  const send = document.getElementById("send");
  if (send.ariaBusy === "true") return event.preventDefault();
  form.elements.parts.value = JSON.stringify(cards.read());
  send.ariaBusy = "true";
  draft.drop();
});

if (!setup.parts.length) cards.add({ kind: "text" }, { quietly: true }).inside.focus();
form.elements.parts.value = JSON.stringify(cards.read());
cards.refresh();
refresh();
if (kept) draft.keep();
