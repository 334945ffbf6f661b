// A template for one customer: what is typed is kept on this device until it is sent; the server says what is missing.

import { Fields } from "./fields.js";

const form = document.getElementById("composer");
const key = `template-${form.dataset.draft}`;
const tell = () => form.dispatchEvent(new CustomEvent("fields:changed"));
const fields = new Fields(form, () => {
  localStorage.setItem(key, JSON.stringify(fields.read()));
  tell();
});

// One click sends: further ones find the button busy.
form.addEventListener("submit", (event) => {
  const send = document.getElementById("send");
  if (send.ariaBusy === "true") return event.preventDefault();
  send.ariaBusy = "true";
  localStorage.removeItem(key);
});

const kept = localStorage.getItem(key);
if (kept && !fields.early) fields.write(JSON.parse(kept));
if (kept || fields.early) addEventListener("load", tell); // once htmx listens
