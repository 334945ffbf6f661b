// The composer of a template broadcast: fields that save themselves; the server says what follows from them.

import { Draft } from "../composer/draft.js";
import { Fields } from "./fields.js";
import "./phones.js";

const APP = "(display-mode: standalone), (max-width: 767px) and (pointer: coarse)";

const form = document.getElementById("composer");
const fields = new Fields(form, () => draft.keep());
// What is kept on this device is of one template: another has other fields.
const draft = new Draft(form, () => ({ template: form.dataset.template, ...fields.read() }));

const kept = Draft.kept(form);
const ours = kept?.template === form.dataset.template;
if (ours && !fields.early) fields.write(kept);

const client = matchMedia(APP).matches ? "app" : "web";
const changedClient = form.elements.client.value !== client;
form.elements.client.value = client;

// One click sends: further ones find the button busy, and the server sends a draft only once whatever arrives.
form.addEventListener("submit", (event) => {
  const send = document.getElementById("send");
  if (send.ariaBusy === "true") return event.preventDefault();
  if (event.submitter === send) send.ariaBusy = "true";
  draft.drop();
});

if (ours || changedClient || fields.early) draft.keep();
