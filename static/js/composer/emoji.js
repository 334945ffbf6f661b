// The emoji picker: data, search and favourites from emoji-picker-element's database, drawn here as plain buttons.
// The library's own element writes style elements and attributes, which our content security policy refuses.

import { insertAtCaret } from "./variables.js";

const GROUPS = [[0, "😀"], [1, "👋"], [3, "🐱"], [4, "🍎"], [5, "🏠"], [6, "⚽"], [7, "📝"], [8, "⛔"], [9, "🏁"]];
const GAP_PX = 8;

export class EmojiPicker {
  #database;
  #area = null;

  constructor(panel) {
    this.panel = panel;
    this.search = panel.querySelector("[data-search]");
    this.grid = panel.querySelector("[data-grid]");
    this.tabs = panel.querySelector("[data-tabs]");
    this.tabs.append(...GROUPS.map(([group, sign], place) => this.#tab(group, sign, place)));
    this.search.addEventListener("input", () => this.#find(this.search.value.trim()));
    this.grid.addEventListener("click", (event) => this.#choose(event.target.closest("button")));
    this.grid.addEventListener("keydown", (event) => this.#walk(event));
  }

  /** Open beside `button`; what is chosen goes to the caret of `area`. */
  async open(button, area) {
    this.#area = area;
    this.panel.showPopover();
    const box = button.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.panel;
    const below = box.bottom + GAP_PX + height <= innerHeight;
    this.panel.style.left = `${Math.max(GAP_PX, Math.min(box.left, innerWidth - width - GAP_PX))}px`;
    this.panel.style.top = `${Math.max(GAP_PX, below ? box.bottom + GAP_PX : box.top - height - GAP_PX)}px`;
    this.search.focus();
    if (!this.grid.hasChildNodes()) await this.#show(GROUPS[0][0]);
  }

  async #data() {
    if (!this.#database) {
      const { default: Database } = await import(this.panel.dataset.library);
      const { locale, source } = this.panel.dataset;
      this.#database = new Database({ locale, dataSource: source });
    }
    return this.#database;
  }

  #tab(group, sign, place) {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.className = "btn btn-ghost btn-sm btn-square text-lg";
    tab.textContent = sign;
    tab.ariaLabel = this.panel.dataset.groups.split("|")[place];
    tab.dataset.group = group;
    tab.addEventListener("click", () => this.#show(group));
    return tab;
  }

  async #show(group) {
    for (const tab of this.tabs.children) tab.ariaPressed = String(tab.dataset.group === String(group));
    this.#draw(await (await this.#data()).getEmojiByGroup(group));
  }

  async #find(words) {
    if (words.length < 2) return this.#show(GROUPS[0][0]);
    const found = await (await this.#data()).getEmojiBySearchQuery(words);
    if (words === this.search.value.trim()) this.#draw(found);
  }

  #draw(found) {
    this.grid.replaceChildren(
      ...found.map((emoji) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "btn btn-ghost btn-sm btn-square text-xl font-normal";
        button.textContent = emoji.unicode;
        button.title = emoji.annotation;
        button.ariaLabel = emoji.annotation;
        return button;
      }),
    );
    this.panel.querySelector("[data-none]").hidden = found.length > 0;
    this.grid.scrollTop = 0;
  }

  #choose(button) {
    if (!button) return;
    this.panel.hidePopover();
    insertAtCaret(this.#area, button.textContent);
  }

  #walk(event) {
    const columns = getComputedStyle(this.grid).gridTemplateColumns.split(" ").length;
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    const buttons = [...this.grid.children];
    const next = buttons[buttons.indexOf(document.activeElement) + steps[event.key]];
    if (!next) return;
    event.preventDefault();
    next.focus();
  }
}
