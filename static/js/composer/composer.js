// The composer: cards on the left, a phone on the right, the draft and its preflight on the server.

import { Adding } from "./adding.js";
import { Cards } from "./cards.js";
import { Choices } from "./choices.js";
import { Draft } from "./draft.js";
import { EmojiPicker } from "./emoji.js";
import { LinkSwitch } from "./links.js";
import { Preview } from "./preview.js";

const APP = "(display-mode: standalone), (max-width: 767px) and (pointer: coarse)";

const form = document.getElementById("composer");
const setup = JSON.parse(document.getElementById("composer-setup").textContent);
const list = document.getElementById("parts");
const kept = Draft.kept(form);
if (kept) setup.parts = kept;

setup.client = matchMedia(APP).matches ? "app" : "web";
const changedClient = form.elements.client.value !== setup.client;
form.elements.client.value = setup.client;
document.documentElement.dataset.client = setup.client;

const emoji = new EmojiPicker(document.getElementById("emoji"));
const links = new LinkSwitch(document.getElementById("track-links"), () => cards.changed());
const cards = new Cards(list, setup, { emoji, links, token: form.elements.csrfmiddlewaretoken.value });
const draft = new Draft(form, () => cards.read());
const choices = new Choices(form, () => {
  refresh();
  draft.keep();
});
const preview = new Preview(document.getElementById("phone"), setup, choices, links);
const adding = new Adding(form, cards, setup);
const undo = document.getElementById("undo");

function refresh() {
  links.refresh(cards.read().map((part) => part.text ?? ""));
  preview.draw(cards.shown());
  adding.refresh();
  document.getElementById("full").hidden = !cards.full;
  undo.hidden = !cards.canUndo;
}

undo.addEventListener("click", () => cards.undo());
list.addEventListener("parts:add", ({ detail }) => detail.forEach((part) => cards.add(part))); // from other modules
list.addEventListener("parts:changed", () => {
  refresh();
  draft.keep();
});

// One click sends: further ones find the button busy, and the server sends a draft only once whatever arrives.
form.addEventListener("submit", (event) => {
  const send = document.getElementById("send");
  if (send.ariaBusy === "true") return event.preventDefault();
  form.elements.parts.value = JSON.stringify(cards.read());
  if (event.submitter === send) send.ariaBusy = "true";
  draft.drop();
});

if (!setup.parts.length) cards.add({ kind: "text" }, { quietly: true }).inside.focus();
form.elements.parts.value = JSON.stringify(cards.read());
cards.refresh();
refresh();
if (kept || changedClient) draft.keep(); // what the page says will happen was said of what the server had
