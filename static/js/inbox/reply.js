// The reply box: what is typed stays on this device until it is sent; Ctrl+Enter sends; pictures by choice, paste, drop.

import { EmojiPicker } from "../composer/emoji.js";

const PREFIX = "reply:";
const picker = document.getElementById("emoji");
const emoji = picker && new EmojiPicker(picker);
const box = () => document.getElementById("reply");
const area = () => box()?.elements.text;

function restore() {
  const form = box();
  if (!form || form.dataset.restored) return;
  form.dataset.restored = "yes";
  area().value = localStorage.getItem(PREFIX + form.dataset.draft) ?? "";
}

function attach(files) {
  const form = box();
  const picture = [...files].find((file) => file.type.startsWith("image/"));
  if (!form || !picture) return false;
  const carried = new DataTransfer();
  carried.items.add(picture);
  form.elements.picture.files = carried.files;
  show();
  return true;
}

function show() {
  const form = box();
  const [picture] = form.elements.picture.files;
  const shown = form.querySelector("[data-attached]");
  const image = shown.querySelector("img");
  if (image.src) URL.revokeObjectURL(image.src);
  shown.hidden = !picture;
  if (!picture) return image.removeAttribute("src");
  image.src = URL.createObjectURL(picture);
  shown.querySelector("[data-name]").textContent = picture.name;
}

document.addEventListener("input", (event) => {
  if (event.target !== area()) return;
  const key = PREFIX + box().dataset.draft;
  if (event.target.value) localStorage.setItem(key, event.target.value);
  else localStorage.removeItem(key);
});

document.addEventListener("keydown", (event) => {
  if (event.target !== area() || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  if (!box().classList.contains("htmx-request")) box().requestSubmit();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-attach]")) show();
});

document.addEventListener("click", (event) => {
  const smile = event.target.closest("[data-emoji]");
  if (smile) emoji.open(smile, area());
  if (!event.target.closest("[data-detach]")) return;
  box().elements.picture.value = "";
  show();
  area().focus();
});

document.addEventListener("paste", (event) => {
  if (event.target === area() && attach(event.clipboardData.files)) event.preventDefault();
});
for (const kind of ["dragover", "drop"]) {
  document.addEventListener(kind, (event) => {
    if (!event.target.closest?.(".inbox-thread-column") || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (kind === "drop") attach(event.dataTransfer.files);
  });
}

// Sent: the box is empty again. Refused: everything stays as it was typed.
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.id !== "reply" || !event.detail.successful) return;
  localStorage.removeItem(PREFIX + event.target.dataset.draft);
  event.target.reset();
  show();
  area().focus();
});

document.addEventListener("htmx:afterSettle", restore);
restore();
