// Writing a saved reply: emoji and variables at the caret; its file can be taken away.

import { EmojiPicker } from "../composer/emoji.js";
import { connectVariables } from "../composer/variables.js";

const form = document.querySelector("[data-saved-reply-form]");
const area = form.elements.text;
const smile = form.querySelector("[data-emoji]");

if (smile) {
  const emoji = new EmojiPicker(document.getElementById("emoji"));
  smile.addEventListener("click", () => emoji.open(smile, area));
  connectVariables(form.querySelector("[data-variables]"), area);
} else {
  for (const field of form.elements) field.disabled = true; // the team's, to be read only
}

form.addEventListener("click", (event) => {
  if (!event.target.closest("[data-drop-file]")) return;
  form.elements.file_key.value = "";
  event.target.closest("[data-kept-file]").remove();
});
