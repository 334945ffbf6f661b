// By chats: two fields that save themselves and are checked while one types. The shape of a draft's copy on this
// device is that of the fields.

import { Draft } from "./composer/draft.js";
import { LinkSwitch } from "./composer/links.js";

const form = document.getElementById("by-chats");
const fields = ["chat_numbers", "text"].map((name) => form.elements[name]);
const read = () => Object.fromEntries(fields.map((field) => [field.name, field.value]));

const kept = Draft.kept(form);
const early = fields.some((field) => field.value !== field.defaultValue); // typed before this script was there
if (kept && !early) for (const field of fields) field.value = kept[field.name] ?? field.value;
const draft = new Draft(form, read);
const links = new LinkSwitch(document.getElementById("track-links"), () => draft.keep());
const showSwitch = () => links.refresh([form.elements.text.value]);

form.addEventListener("input", (event) => {
  showSwitch();
  if (fields.includes(event.target)) draft.keep();
});

// "Keep the good ones" edits the field, so that one sees what is kept.
form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-keep]");
  if (!button) return;
  event.preventDefault();
  form.elements.chat_numbers.value = button.dataset.keep;
  form.elements.chat_numbers.focus();
  draft.keep();
});

form.addEventListener("submit", (event) => {
  const send = document.getElementById("send");
  if (event.submitter !== send) return;
  if (send.ariaBusy === "true") return event.preventDefault();
  send.ariaBusy = "true";
  draft.drop();
});

showSwitch();
if (kept || early) draft.keep();
