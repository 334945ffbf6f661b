// A saved reply in a broadcast: its file and its text become parts like any others, with variables left to each
// person. The cards are asked for by the event `parts:add` on their list; what was added stays whatever becomes of it.

import { SavedReplyPicker } from "../saved-replies/picker.js";
import { fill } from "./words.js";

const list = document.getElementById("parts");
const button = document.querySelector("[data-add-saved-reply]");
const problem = document.getElementById("saved-reply-problem");
const { most } = JSON.parse(document.getElementById("composer-setup").textContent);

function partsOf({ text, media }) {
  return [media && { ...media }, text && { kind: "text", text }].filter(Boolean);
}

function chosen(reply) {
  const parts = partsOf(reply);
  const places = most - list.children.length;
  const unknown = parts.some(({ kind }) => !document.getElementById(`${kind}-card`));
  problem.hidden = !unknown && parts.length <= places;
  if (unknown) problem.textContent = problem.dataset.unknown;
  else if (parts.length > places) problem.textContent = fill(problem.dataset.full, { n: parts.length, places });
  else list.dispatchEvent(new CustomEvent("parts:add", { detail: parts }));
}

const picker = new SavedReplyPicker(document.getElementById("saved-replies"), { chosen, closed: () => button.focus() });
button.addEventListener("click", () => picker.open(button));
