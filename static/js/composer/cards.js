// The cards of the parts, in their order. The list says `parts:changed` whenever what would be sent changes.

import { MediaCard } from "./media-card.js";
import { connectOrdering } from "./ordering.js";
import { TextCard } from "./text-card.js";
import { filesOf, kindOf } from "./uploads.js";
import { fill } from "./words.js";

const KINDS = { text: TextCard, image: MediaCard, video: MediaCard, file: MediaCard };

export class Cards {
  #removed = null;

  constructor(list, setup, { emoji, links, token }) {
    this.list = list;
    this.setup = setup;
    this.tools = { setup, emoji, links, token, changed: () => this.changed(), spread: (card, files) => this.spread(card, files) };
    list.addEventListener("input", (event) => event.target.matches("[data-text]") && this.changed());
    list.addEventListener("part:moved", () => this.changed());
    list.addEventListener("paste", (event) => this.#paste(event));
    for (const part of setup.parts) this.add(part, { quietly: true });
    this.refresh();
  }

  get all() {
    return [...this.list.children];
  }

  get full() {
    return this.all.length >= this.setup.most;
  }

  read() {
    return this.all.map((card) => card.inside.read());
  }

  /** As the preview wants them. */
  shown() {
    return this.all.map(({ inside }) => ({
      ...inside.read(),
      refused: inside.refusals(),
    }));
  }

  /** A new card, at the end or after `after`; nothing where five stand already. */
  add(part, { after = null, quietly = false } = {}) {
    if (this.full) return null;
    const template = document.getElementById(`${part.kind}-card`);
    const card = template.content.firstElementChild.cloneNode(true);
    card.inside = new KINDS[part.kind](card, part, this.tools);
    card.querySelector("[data-remove]").addEventListener("click", () => this.remove(card));
    connectOrdering(this.list, card);
    if (after) after.after(card);
    else this.list.append(card);
    if (!quietly) {
      this.changed();
      card.inside.focus();
    }
    return card;
  }

  /** Files that came together: a card each after `card`, or at the end, as far as five allow. */
  spread(card, files) {
    files.reduce((after, file) => this.add({ kind: kindOf(file), file }, { after }) ?? after, card);
  }

  remove(card) {
    card.inside.stop?.();
    this.#removed = { card, before: card.nextElementSibling };
    card.remove();
    this.changed();
  }

  undo() {
    if (!this.#removed || this.full) return;
    const { card, before } = this.#removed;
    this.list.insertBefore(card, before?.isConnected ? before : null);
    this.#removed = null;
    this.changed();
    card.inside.focus();
  }

  get canUndo() {
    return this.#removed !== null && !this.full;
  }

  changed() {
    this.refresh();
    this.list.dispatchEvent(new CustomEvent("parts:changed", { bubbles: true }));
  }

  refresh() {
    const { all } = this;
    for (const [place, card] of all.entries()) {
      const title = fill(this.setup.titles[card.dataset.kind], { n: place + 1 });
      card.querySelector("[data-title]").textContent = title;
      card.ariaLabel = title;
      card.querySelector("[data-up]").disabled = place === 0;
      card.querySelector("[data-down]").disabled = place === all.length - 1;
      card.inside.refresh();
      this.#mark(card);
    }
  }

  #mark(card) {
    const refusals = card.inside.refusals();
    for (const mark of card.querySelectorAll("[data-mark]")) {
      const refusal = refusals.get(mark.dataset.mark);
      mark.dataset.takes = refusal ? "no" : "yes";
      mark.title = refusal ?? "";
    }
    const problem = card.querySelector("[data-problem]");
    problem.textContent = [...new Set(refusals.values())].join(" ");
    problem.hidden = refusals.size === 0;
  }

  #paste(event) {
    const files = filesOf(event.clipboardData);
    if (!files.length) return;
    event.preventDefault();
    const card = event.target.closest("[data-kind]");
    if (card?.inside.take) card.inside.take(files);
    else this.spread(card, files);
  }
}
