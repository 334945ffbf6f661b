// The ways a message gets into the broadcast: buttons, and files dropped beside the cards. What no chosen channel takes
// is not offered, and why is said.

import { carriesFiles, filesOf } from "./uploads.js";

export class Adding {
  constructor(form, cards, setup) {
    this.cards = cards;
    this.buttons = [...form.querySelectorAll("[data-add]")];
    this.offers = setup.offers[setup.client];
    this.channels = setup.channels.length;
    for (const button of this.buttons) button.addEventListener("click", () => cards.add({ kind: button.dataset.add }));
    form.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
    form.addEventListener("drop", (event) => {
      const files = filesOf(event.dataTransfer);
      if (!files.length) return;
      event.preventDefault();
      cards.spread(null, files);
    });
    const reasons = this.buttons.filter((button) => !this.#offered(button)).map((button) => this.#reason(button));
    const list = document.getElementById("not-offered");
    list.replaceChildren(...reasons);
    list.hidden = reasons.length === 0;
  }

  refresh() {
    for (const button of this.buttons) button.disabled = this.cards.full || !this.#offered(button);
  }

  #offered(button) {
    const refusals = Object.keys(this.offers[button.dataset.add]?.refusals ?? {});
    return this.channels === 0 || refusals.length < this.channels;
  }

  #reason(button) {
    const item = document.createElement("li");
    item.id = `not-offered-${button.dataset.add}`;
    item.textContent = [...new Set(Object.values(this.offers[button.dataset.add].refusals))].join(" ");
    button.setAttribute("aria-describedby", item.id);
    return item;
  }
}
