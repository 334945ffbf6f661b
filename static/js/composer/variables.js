// Variables stand in the text as `{{ name|there }}`: a field of the customer and what to say where it is empty.

const VARIABLE = /\{\{\s*([a-z_]+)\s*(?:\|([^{}]*))?\}\}/g;

/** The text as `person` (field → value) would read it. */
export const rendered = (text, person) =>
  text.replace(VARIABLE, (_whole, field, fallback) => person[field] || (fallback ?? "").trim());

/** Write `addition` where the caret of `area` stands, as typing would (undo works, listeners hear it). */
export function insertAtCaret(area, addition) {
  area.focus();
  area.setRangeText(addition, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** The chips of one card: choosing a field inserts it with the fallback typed beside it. */
export function connectVariables(menu, area) {
  const fallback = menu.querySelector("[data-fallback]");
  for (const chip of menu.querySelectorAll("[data-variable]")) {
    chip.addEventListener("click", () => {
      const spare = fallback.value.replace(/[{}|]/g, "").trim();
      menu.open = false;
      insertAtCaret(area, `{{ ${chip.dataset.variable}${spare ? `|${spare}` : ""} }}`);
    });
  }
}
