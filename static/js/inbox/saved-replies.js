// Saved replies in the reply box: a slash begins one, what follows filters, arrows choose, Enter inserts; or a button.

import { SavedReplyPicker } from "../saved-replies/picker.js";

const SLASH = /(^|\s)\/([^\s/]*)$/u; // before the caret: at the start of a word, without a blank in it

/** `area()` is the reply box now; `attach(media)` takes a saved reply's file, `chat()` says whose variables to fill. */
export function connectSavedReplies(area, { chat, attach }) {
  const panel = document.getElementById("saved-replies");
  if (!panel) return;
  let slashAt = null; // where the slash being typed stands; null while there is none
  let dismissed = null; // a slash somebody closed the list for

  const picker = new SavedReplyPicker(panel, {
    chat,
    chosen({ text, media }) {
      const field = area();
      if (slashAt !== null) field.setSelectionRange(slashAt, field.selectionStart);
      slashAt = null;
      field.focus();
      if (text) field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
      else field.setRangeText("", field.selectionStart, field.selectionEnd, "end");
      field.dispatchEvent(new InputEvent("input", { bubbles: true }));
      if (media) attach(media);
    },
    closed() {
      dismissed = slashAt;
      slashAt = null;
      area()?.focus();
    },
  });

  function follow(field) {
    const before = field.value.slice(0, field.selectionStart);
    const slash = SLASH.exec(before);
    const at = slash ? before.length - slash[2].length - 1 : null;
    if (at === null) {
      dismissed = null;
      if (slashAt !== null) picker.close();
      slashAt = null;
    } else if (at !== dismissed) {
      slashAt = at;
      picker.follow(field, slash[2]);
    }
  }

  document.addEventListener("input", (event) => event.target === area() && event.isTrusted && follow(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.target === area() && slashAt !== null && picker.press(event.key)) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#reply [data-saved-replies]");
    if (button) picker.open(button);
  });
}
