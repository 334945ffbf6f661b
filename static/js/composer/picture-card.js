// The inside of a picture card: choose, drop or paste a file, see it travel, see what was kept.

import { filesOf, upload } from "./uploads.js";

export class PictureCard {
  constructor(card, part, { setup, token, changed, spread }) {
    this.card = card;
    this.setup = setup;
    this.token = token;
    this.changed = changed;
    this.media = part.media ? part : null;
    this.zone = card.querySelector("[data-zone]");
    this.input = card.querySelector("[data-file]");
    this.progress = card.querySelector("[data-progress]");
    this.problem = card.querySelector("[data-upload-problem]");
    this.input.addEventListener("change", () => this.take([...this.input.files], spread));
    this.zone.addEventListener("dragover", (event) => this.#hover(event, true));
    this.zone.addEventListener("dragleave", (event) => this.#hover(event, false));
    this.zone.addEventListener("drop", (event) => {
      const files = filesOf(event.dataTransfer);
      if (!files.length) return;
      event.preventDefault();
      event.stopPropagation();
      this.#hover(event, false);
      this.take(files, spread);
    });
    if (part.file) this.take([part.file], spread);
  }

  /** Its key is what is sent; the rest lets a copy kept on this device show the picture again. */
  read() {
    return { media: "", ...this.media, kind: "image" };
  }

  focus() {
    this.input.focus();
  }

  refusals() {
    return new Map(Object.entries(this.media?.problems ?? {}));
  }

  /** The first file becomes this card's picture, the others get cards of their own. */
  async take([file, ...others], spread) {
    if (!file) return;
    if (others.length) spread(this.card, others);
    this.problem.hidden = true;
    this.progress.hidden = false;
    this.progress.value = 0;
    const answer = await upload(file, {
      address: this.setup.upload,
      token: this.token,
      lost: this.setup.words.lost,
      onProgress: (share) => (this.progress.value = share),
    });
    this.progress.hidden = true;
    this.input.value = "";
    if (answer.error) {
      this.problem.textContent = answer.error;
      this.problem.hidden = false;
      return;
    }
    this.media = answer.media;
    this.changed();
  }

  refresh() {
    const picture = this.card.querySelector("[data-picture]");
    this.card.querySelector("[data-chosen]").hidden = !this.media;
    if (!this.media) return;
    if (picture.getAttribute("src") !== this.media.url) picture.src = this.media.url;
    this.card.querySelector("[data-name]").textContent = this.media.name;
    this.card.querySelector("[data-size]").textContent = this.media.size;
  }

  #hover(event, over) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    this.zone.classList.toggle("drop-over", over);
  }
}
