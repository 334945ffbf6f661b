// The reply box: what is typed and attached stays on this device, chat by chat, until it is sent; Ctrl+Enter sends.

import { EmojiPicker } from "../composer/emoji.js";
import { Attachments } from "./attachments.js";
import { connectSavedReplies } from "./saved-replies.js";

const PREFIX = "answer:";
const picker = document.getElementById("emoji");
const emoji = picker && new EmojiPicker(picker);
const box = () => document.getElementById("reply");
const area = () => box()?.elements.text;

let attachments = null; // of the box that is there now

function keep() {
  const form = box();
  if (!form || attachments?.form !== form) return;
  const draft = { text: area().value, files: attachments.stored };
  const key = PREFIX + form.dataset.draft;
  if (draft.text || draft.files.length) localStorage.setItem(key, JSON.stringify(draft));
  else localStorage.removeItem(key);
}

/** A chat was opened: its draft comes back. */
function restore() {
  const form = box();
  if (!form || attachments?.form === form) return;
  const draft = JSON.parse(localStorage.getItem(PREFIX + form.dataset.draft) ?? "{}");
  attachments = new Attachments(form, keep);
  if (draft.text) area().value = draft.text;
  for (const file of draft.files ?? []) attachments.add(file);
}

document.addEventListener("input", (event) => event.target === area() && keep());

document.addEventListener("keydown", (event) => {
  if (event.target !== area() || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  if (!box().classList.contains("htmx-request") && !attachments.pending) box().requestSubmit();
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("#reply [data-attach]")) return;
  attachments.take([...event.target.files]);
  event.target.value = "";
});

document.addEventListener("click", (event) => {
  const smile = event.target.closest("#reply [data-emoji]");
  if (smile) emoji.open(smile, area());
});

document.addEventListener("paste", (event) => {
  const files = [...event.clipboardData.files];
  if (event.target !== area() || !files.length) return;
  event.preventDefault();
  attachments.take(files);
});

for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const column = event.target.closest?.(".inbox-thread-column");
    if (!column || !box() || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    column.classList.toggle("inbox-drop", kind === "dragover");
    if (kind === "drop") attachments.take([...event.dataTransfer.files]);
  });
}

// Sent: the box is empty again. Refused: everything stays as it was typed.
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.id !== "reply" || !event.detail.successful) return;
  event.target.reset();
  attachments.clear();
  keep();
  area().focus();
});

connectSavedReplies(area, {
  chat: () => box().dataset.chat,
  attach: (media) => attachments.add({ preview: media.kind === "image" ? media.url : "", ...media }, media.problems[box().dataset.kind]),
});

document.addEventListener("htmx:afterSettle", restore);
restore();
