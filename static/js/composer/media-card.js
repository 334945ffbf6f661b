// The inside of a picture, video or file card: choose, drop or paste a file, see it travel, see what was kept.

import { posterOf } from "./poster.js";
import { carriesFiles, filesOf, kindOf, upload } from "./uploads.js";
import { fill, size } from "./words.js";

export class MediaCard {
  #sending = null;

  constructor(card, part, { setup, token, changed, spread }) {
    this.card = card;
    this.kind = card.dataset.kind;
    this.setup = setup;
    this.token = token;
    this.changed = changed;
    this.spread = spread;
    this.media = part.media ? part : null;
    this.offer = setup.offers[setup.client][this.kind];
    this.input = card.querySelector("[data-file]");
    this.input.accept = this.offer.accept;
    card.querySelector("[data-hint]").textContent = this.offer.hint;
    this.input.addEventListener("change", () => this.take([...this.input.files]));
    card.querySelector("[data-stop]").addEventListener("click", () => this.stop());
    card.addEventListener("dragover", (event) => this.#hover(event, true));
    card.addEventListener("dragleave", (event) => this.#hover(event, false));
    card.addEventListener("drop", (event) => this.#drop(event));
    if (part.file) this.take([part.file]);
  }

  /** Its key is what is sent; the rest lets a copy kept on this device show the file again. */
  read() {
    return { media: "", ...this.media, kind: this.kind };
  }

  focus() {
    this.input.focus();
  }

  /** Channel kind → the rule that refuses it: the channel's own of this file, or what it takes no file of at all. */
  refusals() {
    return new Map([...Object.entries(this.media?.problems ?? {}), ...Object.entries(this.offer.refusals)]);
  }

  /** The first file of this kind becomes this card's, all others get cards of their own. */
  async take(files) {
    const mine = files.find((file) => kindOf(file) === this.kind) ?? (files.length === 1 ? files[0] : null);
    const others = files.filter((file) => file !== mine);
    if (others.length) this.spread(this.card, others);
    this.input.value = "";
    if (!mine) return;
    this.stop();
    this.#say("");
    this.#show(0, mine.size);
    const poster = this.kind === "video" ? await posterOf(mine) : null;
    const sending = upload(
      { kind: this.kind, poster, file: mine },
      {
        address: this.setup.upload,
        token: this.token,
        lost: this.setup.words.lost,
        onProgress: (share) => this.#show(share, mine.size),
      },
    );
    this.#sending = sending;
    const answer = await sending.answer;
    if (this.#sending !== sending) return; // stopped, or replaced by another file
    this.#sending = null;
    this.card.querySelector("[data-sending]").hidden = true;
    if (!answer) return;
    if (answer.error) return this.#say(answer.error);
    this.media = { ...answer.media, note: answer.note };
    this.changed();
  }

  /** Nothing more of an upload is wanted: it was stopped, its card removed, or another file chosen. */
  stop() {
    this.#sending?.stop();
    this.#sending = null;
    this.card.querySelector("[data-sending]").hidden = true;
  }

  refresh() {
    const { media } = this;
    this.card.querySelector("[data-chosen]").hidden = !media;
    if (!media) return;
    const shown = this.card.querySelector("[data-shown]");
    const address = this.kind === "file" ? "href" : "src";
    if (shown.getAttribute(address) !== media.url) shown.setAttribute(address, media.url);
    if (this.kind === "video") shown.poster = media.poster;
    if (this.kind === "file") shown.download = media.name;
    if (this.kind === "image") shown.alt = media.name;
    else shown.ariaLabel = media.name;
    this.card.querySelector("[data-name]").textContent = media.name;
    this.card.querySelector("[data-about]").textContent = media.about;
    this.card.querySelector("[data-note]").textContent = media.note ?? "";
  }

  #show(share, bytes) {
    const { words } = this.setup;
    this.card.querySelector("[data-sending]").hidden = false;
    this.card.querySelector("[data-progress]").value = share;
    const sent = fill(words.sent, { percent: Math.floor(share * 100), size: size(bytes) });
    this.card.querySelector("[data-sent]").textContent = share < 1 ? sent : words.checking;
  }

  #say(problem) {
    const place = this.card.querySelector("[data-upload-problem]");
    place.textContent = problem;
    place.hidden = !problem;
  }

  #hover(event, over) {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    this.card.classList.toggle("drop-over", over);
  }

  #drop(event) {
    const files = filesOf(event.dataTransfer);
    if (!files.length) return;
    event.preventDefault();
    event.stopPropagation();
    this.card.classList.remove("drop-over");
    this.take(files);
  }
}
