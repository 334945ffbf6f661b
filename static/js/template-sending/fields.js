// A template's fields: what a variable's menu inserts, and all that was filled in, as a value to keep.

import { connectVariables, insertAtCaret } from "../composer/variables.js";
import { HeaderFile } from "./header-file.js";

const FILLED = 'input[name^="value."], input[name^="place."], input[name="header_media"]';

export class Fields {
  constructor(form, changed) {
    this.form = form;
    for (const menu of form.querySelectorAll("[data-variables]")) this.#connect(menu);
    const header = form.querySelector("[data-header-file]");
    if (header) new HeaderFile(header, { token: form.elements.csrfmiddlewaretoken.value, changed });
    form.addEventListener("input", (event) => event.target.matches(FILLED) && changed());
    // What is only missing is said once somebody has been there, and not before the click that left it has found its
    // aim: the words move what stands below.
    let left = null;
    form.addEventListener("focusout", (event) => {
      if (event.target.matches(FILLED)) left = event.target.closest(".field");
    });
    for (const done of ["click", "keyup"]) document.addEventListener(done, () => left?.setAttribute("data-left", ""));
    // Enter in a line of text is no wish to send.
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
    });
  }

  /** Field → what stands in it. */
  read() {
    return Object.fromEntries(this.#all().map((field) => [field.name, field.value]));
  }

  /** Whether somebody typed before this script was there. */
  get early() {
    return this.#all().some((field) => field.type !== "hidden" && field.value !== field.defaultValue);
  }

  write(kept) {
    for (const field of this.#all()) field.value = kept[field.name] ?? field.value;
  }

  #all() {
    return [...this.form.querySelectorAll(FILLED)];
  }

  #connect(menu) {
    const input = document.getElementById(menu.dataset.for);
    if (menu.querySelector("[data-fallback]")) connectVariables(menu, input);
    for (const chip of menu.querySelectorAll("[data-literal]")) {
      chip.addEventListener("click", () => {
        menu.open = false;
        insertAtCaret(input, chip.dataset.literal);
      });
    }
  }
}
