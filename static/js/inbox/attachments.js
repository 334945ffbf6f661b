// Files on their way into an answer: chosen, dropped or pasted, sent at once with their progress shown, kept with the
// draft of the chat. What the channel does not take is said beside the file and is not sent.

import { upload } from "../composer/uploads.js";

export class Attachments {
  #files = []; // {key, item, known}: `key` once it is stored

  /** `changed` is called whenever what would be sent has changed. */
  constructor(form, changed) {
    this.form = form;
    this.list = form.querySelector("[data-attached]");
    this.changed = changed;
  }

  get pending() {
    return this.#files.some(({ state }) => state === "travelling");
  }

  /** What is kept with the draft, and shown again by `add`. */
  get stored() {
    return this.#files.filter(({ state }) => state === "stored").map(({ known }) => known);
  }

  /** Send `files` to the server, each with a line of its own. */
  take(files) {
    for (const file of files) this.#travel(file);
  }

  /** A file the server has already. `problem` is why the channel does not take it. */
  add(known, problem = "") {
    const entry = this.#show(known);
    entry.state = problem ? "refused" : "stored";
    this.#finish(entry, known, problem);
  }

  clear() {
    for (const { item } of this.#files) item.remove();
    this.#files = [];
    this.#draw();
  }

  async #travel(file) {
    const entry = this.#show({ name: file.name, about: "" });
    entry.state = "travelling";
    this.#draw();
    const { answer, stop } = upload({ file }, {
      address: this.form.dataset.attach,
      token: this.form.elements.csrfmiddlewaretoken.value,
      lost: this.form.dataset.lost,
      onProgress: (share) => (entry.item.querySelector("progress").value = share),
    });
    entry.stop = stop;
    const told = await answer;
    if (!told) return; // taken away on its way
    entry.state = told.error ? "refused" : "stored";
    this.#finish(entry, told.media ?? entry.known, told.error);
  }

  #show(known) {
    const template = document.getElementById("attached-file");
    const item = template.content.firstElementChild.cloneNode(true);
    const entry = { item, known, state: "" };
    item.querySelector("[data-name]").textContent = known.name;
    item.querySelector("[data-detach]").addEventListener("click", () => this.#remove(entry));
    this.list.append(item);
    this.#files.push(entry);
    return entry;
  }

  #finish(entry, known, problem) {
    const { item } = entry;
    entry.known = known;
    item.querySelector("progress").hidden = true;
    item.querySelector("[data-size]").textContent = known.about;
    const picture = item.querySelector("img");
    if (known.preview) {
      picture.src = known.preview;
      picture.hidden = false;
    }
    const said = item.querySelector("[data-problem]");
    said.textContent = problem ?? "";
    said.hidden = !problem;
    if (entry.state === "stored") {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name: "media", value: known.media });
      item.append(field);
    }
    this.#draw();
  }

  #remove(entry) {
    entry.stop?.();
    entry.item.remove();
    this.#files = this.#files.filter((one) => one !== entry);
    this.#draw();
    this.form.elements.text.focus();
  }

  #draw() {
    this.list.hidden = this.#files.length === 0;
    this.form.querySelector("[type=submit]").disabled = this.pending;
    this.changed();
  }
}
