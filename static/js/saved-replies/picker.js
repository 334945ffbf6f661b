// The list of saved replies to choose from. The server knows them and fills in variables; one that was deleted
// meanwhile is said to be gone, and what was inserted before stays where it is.

const GAP_PX = 8;
const CALM_MS = 120; // letters typed together are asked for once

export class SavedReplyPicker {
  #owner = null; // the field that has the keyboard: the search here, or the reply box
  #asked = 0;
  #timer = 0;

  /** `chosen({title, text, media})` takes what was picked, `closed()` hears Escape; `chat()` fills in variables. */
  constructor(panel, { chosen, closed = () => {}, chat = () => "" }) {
    this.panel = panel;
    this.list = panel.querySelector("[data-options]");
    this.search = panel.querySelector("[data-search]");
    this.notice = panel.querySelector("[data-gone]");
    this.handlers = { chosen, closed, chat };
    this.search.addEventListener("input", () => this.#find(this.search.value));
    this.search.addEventListener("keydown", (event) => this.press(event.key) && event.preventDefault());
    this.list.addEventListener("click", (event) => this.#take(event.target.closest("[data-saved-reply]")));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the keyboard
    document.addEventListener("pointerdown", (event) => {
      if (this.isOpen && !panel.contains(event.target) && event.target !== this.#owner) this.close();
    });
  }

  get isOpen() {
    return this.panel.matches(":popover-open");
  }

  /** Open beside `button`, with a search of its own. */
  open(button) {
    this.search.hidden = false;
    this.search.value = "";
    this.#own(this.search);
    this.#show(button);
    this.search.focus();
    this.#find("");
  }

  /** Open above `field`, which is typed in; `words` is what was typed so far. */
  follow(field, words) {
    this.search.hidden = true;
    this.#own(field);
    this.#find(words, () => this.#show(field));
  }

  close() {
    if (!this.isOpen) return;
    this.panel.hidePopover();
    this.#own(null);
    this.notice.hidden = true;
  }

  /** A key pressed in the owning field; whether it was meant for the list. */
  press(key) {
    if (!this.isOpen) return false;
    if (key === "Escape") {
      this.close();
      this.handlers.closed();
      return true;
    }
    const options = this.#options();
    const at = options.indexOf(this.#current());
    if (key === "ArrowDown" || key === "ArrowUp") {
      const step = key === "ArrowDown" ? 1 : -1;
      this.#point(options[(at + step + options.length) % options.length]);
      return true;
    }
    if ((key === "Enter" || key === "Tab") && at >= 0) {
      this.#take(options[at]);
      return true;
    }
    return false;
  }

  #own(field) {
    this.#owner?.removeAttribute("aria-activedescendant");
    this.#owner?.removeAttribute("aria-controls");
    this.#owner = field;
    field?.setAttribute("aria-controls", this.list.id);
  }

  #show(anchor) {
    if (!this.isOpen) this.panel.showPopover();
    const box = anchor.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.panel;
    const above = box.top - GAP_PX - height;
    this.panel.style.left = `${Math.max(GAP_PX, Math.min(box.left, innerWidth - width - GAP_PX))}px`;
    this.panel.style.top = `${above >= GAP_PX ? above : Math.min(box.bottom + GAP_PX, innerHeight - height - GAP_PX)}px`;
    this.anchor = anchor;
  }

  #find(words, ready) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(async () => {
      const turn = ++this.#asked;
      const address = new URL(this.panel.dataset.pick, location.href);
      address.search = new URLSearchParams({ q: words, chat: this.handlers.chat() });
      const answer = await fetch(address);
      if (turn !== this.#asked || !this.#owner || !answer.ok) return;
      this.list.innerHTML = await answer.text();
      this.#point(this.#options()[0]);
      ready?.();
      if (this.isOpen) this.#show(this.anchor);
    }, CALM_MS);
  }

  #options() {
    return [...this.list.querySelectorAll("[data-saved-reply]")];
  }

  #current() {
    return this.list.querySelector("[aria-selected=true]");
  }

  #point(option) {
    this.#current()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.#owner?.setAttribute("aria-activedescendant", option.id);
    else this.#owner?.removeAttribute("aria-activedescendant");
  }

  async #take(option) {
    if (!option) return;
    const address = new URL(option.dataset.use, location.href);
    address.search = new URLSearchParams({ chat: this.handlers.chat() });
    const answer = await (await fetch(address)).json();
    if (answer.error) {
      this.notice.textContent = answer.error;
      this.notice.hidden = false;
      option.remove();
      this.#point(this.#options()[0]);
      return;
    }
    this.close();
    this.handlers.chosen(answer);
  }
}
