// The file of a template's header: chosen or dropped, sent at once, kept by its key in the form.

import { carriesFiles, filesOf, upload } from "../composer/uploads.js";

export class HeaderFile {
  #sending = null;

  /** `changed` hears that another file is kept. */
  constructor(field, { token, changed }) {
    this.field = field;
    this.token = token;
    this.changed = changed;
    const input = this.#part("[data-file]");
    input.addEventListener("change", () => {
      this.take(input.files[0]);
      input.value = "";
    });
    this.#part("[data-stop]").addEventListener("click", () => this.stop());
    field.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
    field.addEventListener("drop", (event) => {
      const [file] = filesOf(event.dataTransfer);
      if (!file) return;
      event.preventDefault();
      this.take(file);
    });
  }

  async take(file) {
    if (!file) return;
    this.stop();
    this.#say("");
    this.#progress(0);
    const sending = upload(
      { kind: this.field.dataset.kind, file },
      {
        address: this.field.dataset.upload,
        token: this.token,
        lost: this.#part("[data-upload-problem]").dataset.lost,
        onProgress: (share) => this.#progress(share),
      },
    );
    this.#sending = sending;
    const answer = await sending.answer;
    if (this.#sending !== sending) return; // stopped, or replaced by another file
    this.stop();
    if (answer?.error) this.#say(answer.error);
    else if (answer) this.#keep(answer.media);
  }

  stop() {
    this.#sending?.stop();
    this.#sending = null;
    this.#part("[data-sending]").hidden = true;
  }

  #keep(media) {
    this.#part("[name=header_media]").value = media.media;
    this.#part("[data-file-name]").textContent = media.name;
    this.#part("[data-file-about]").textContent = media.about;
    this.#part("[data-chosen]").hidden = false;
    this.changed();
  }

  #progress(share) {
    this.#part("[data-sending]").hidden = false;
    this.#part("[data-progress]").value = share;
  }

  #say(problem) {
    const place = this.#part("[data-upload-problem]");
    place.textContent = problem;
    place.hidden = !problem;
  }

  #part(selector) {
    return this.field.querySelector(selector);
  }
}
